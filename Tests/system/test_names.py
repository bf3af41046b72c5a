"""An agent keeps its name, whoever makes a unit of the same name later: what people and cron jobs have learnt
to type goes on meaning the same agent."""
import agents
import breaks
from catalogue import SYSTEM, USER, test
from expect import contains, equal


def account(name, uid):
    """An account whose place in the order of uids is known; that of the agents is 1500."""
    agents.run("useradd", "--create-home", "--shell", "/bin/bash", "--uid", str(uid), name)
    return name


def namesake(user, own=True):
    """Another account's unit that is called as that of "coder", in its own manager or the system's."""
    agents._make_account(user, linger=own)
    agent = agents.Agent("coder", account=user, user=own)
    text = "[Service]\nExecStart=/bin/sleep infinity\n"
    if own:
        agent.write(agent.unit_file, f"{text}[Install]\nWantedBy=default.target\n")
    else:
        agent.unit_file.write_text(f"{text}User={user}\n[Install]\nWantedBy=multi-user.target\n")
    agent.systemctl("enable", "--now", agent.unit)


def names(call):
    """By the user whose manager has the unit; None is the system manager."""
    return {each["user"]: each["name"] for each in call.json["agents"]}


def told(world):
    return [(alert["agent"], alert["event"]) for alert in world.doubles.alerts()]


@test("a system unit keeps its name when users make units of the same name, and theirs are called after them",
      seconds=6)
def system_first(world):
    agent = world.learned("coder")
    good = agent.config.read_bytes()
    for user, uid in (("guest", 1400), ("visitor", 1600)):
        namesake(account(user, uid))
    call = world.run("--json", status=0)
    equal(names(call), {None: "coder", "guest": "coder@guest", "visitor": "coder@visitor"}, "the names")
    lines = world.watchdog("config", "history", "coder", status=0).out
    contains(lines, str(agent.config), "what `config history coder` prints")
    for name in ("coder@guest", "coder@visitor"):
        contains(world.watchdog("status", status=0).out, name, "what `status` prints")
        only = world.run("--json", "--agent", name, status=0)
        equal([each["name"] for each in only.json["agents"]], [name], f"what `run --agent {name}` is about")
    breaks.config(agent, age=600)
    call = world.run("--json", "--agent", "coder", status=0)
    equal([(each["name"], each["user"], each["verdict"]) for each in call.json["agents"]],
          [("coder", None, "healed")], "what `run --agent coder` is about")
    equal((agent.config.read_bytes(), told(world)), (good, [("coder", "healed")]),
          "the config, and what was told")


@test("a system unit has the plain name also where the first pass finds a user's unit of that name beside it")
def both_new(world):
    namesake(account("guest", 1400))
    world.create("coder")
    call = world.run("--json", status=0)
    equal(names(call), {None: "coder", "guest": "coder@guest"}, "the names")


@test("the name that the settings give to a unit stays its own when others make units that are called so",
      (SYSTEM, USER))
def settings_name(world):
    agent = world.create("coder")
    user = f'user = "{agent.account}"\n' if agent.user else ""
    world.settings(more=f'[[agent]]\nname = "coder"\nunit = "{agent.unit}"\n{user}')
    world.learn(agent)
    if agent.user:
        # This would have the name, if the settings did not give it away.
        namesake(account("visitor", 1600), own=False)
    namesake(account("guest", 1400))
    wanted = ({agent.account: "coder", None: "coder@system"} if agent.user else {None: "coder"})
    equal(names(world.run("--json", status=0)), wanted | {"guest": "coder@guest"}, "the names")
    contains(world.watchdog("config", "history", "coder", status=0).out, str(agent.config),
             "what `config history coder` prints")


@test("a user's agent that earlier passes knew keeps its name when others make units of that name", (USER,))
def known_first(world):
    agent = world.learned("coder")
    for user, uid in (("guest", 1400), ("visitor", 1600)):
        namesake(account(user, uid))
    wanted = {agent.account: "coder", "guest": "coder@guest", "visitor": "coder@visitor"}
    for number in (1, 2):
        equal(names(world.run("--json", status=0)), wanted, f"the names in pass {number}")
    breaks.stop(agent)
    equal(names(world.run("--json", status=0)), wanted, "the names while it is stopped")
    contains(world.watchdog("config", "history", "coder", status=0).out, str(agent.config),
             "what `config history coder` prints")


@test("an outage during which a unit of that name appears is told to be over under the name it began with")
def open_outage(world):
    agent = world.learned("coder", restart="no")
    breaks.hopeless(agent)
    world.run(status=2)
    equal({each for each, _ in told(world)}, {"coder"}, "of whom it was told")
    world.doubles.forget()
    namesake(account("guest", 1400))
    world.run(status=2)
    breaks.mend(agent)
    world.run(status=0)
    equal(told(world), [("coder", "healed")], "what was told after that")
