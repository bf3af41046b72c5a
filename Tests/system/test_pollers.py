"""Agents that do not get their bot's messages: somebody else polls, a webhook takes them, the token is none."""
import hashlib
import json
import os
import re
import socket
import sqlite3
import time
from pathlib import Path

import breaks
import fleet
import secrets_of
import strays
from agents import bot_token
from catalogue import EVERYWHERE, OWN, SYSTEM, test
from expect import check, contains, equal, lacks
from world import ACCOUNT, PROGRAM

REPOSITORY = Path("/srv/watchdog")
PTB = ("telegram.error.Conflict: Conflict: terminated by other getUpdates request; "
       "make sure that only one bot instance is running")
OPENCLAW = ("[telegram] getUpdates conflict: Call to 'getUpdates' failed! (409: Conflict: terminated by other "
            "getUpdates request; make sure that only one bot instance is running); retrying in 30s.")
ELSEWHERE = ("polled somewhere else", "Stop the other host", "rotate the token (@BotFather, /revoke)")


def conflict(agent, since=None):
    """Waits until the agent says that somebody else polled."""
    breaks.wait(f"a 409 in the journal of {agent.name}",
                lambda: "terminated by other getUpdates" in agent.journal(since))


def kinds(call, name):
    return [finding["kind"] for finding in call.agent(name)["findings"]]


def finding(call, name, kind):
    found = [each for each in call.agent(name)["findings"] if each["kind"] == kind]
    equal(len(found), 1, f"the number of findings {kind} on {name}")
    return found[0]


def told(world):
    return [(alert["agent"], alert["event"], alert["kinds"]) for alert in world.doubles.alerts()]


def start_of(agent):
    state = agent.state()
    return state["MainPID"], state["InvocationID"]


def asked(world, token=None):
    """Which methods of the Bot API the watchdog called."""
    paths = [record["path"] for record in world.doubles.requests("telegram")
             if record["headers"].get("User-Agent", "").startswith("agent-watchdog")]
    return sorted(path.rsplit("/", 1)[1] for path in paths if token is None or f"/bot{token}/" in path)


BOTH = ["getMe", "getWebhookInfo"]


def an_hour_passes(world):
    """As if everything that the ledger knows of tokens had been asked an hour earlier."""
    with sqlite3.connect(world.ledger.path) as connection:
        changed = connection.execute("UPDATE token_checks SET at = at - 3600 * 1000000").rowcount
    connection.close()
    check(changed > 0, "the ledger knows nothing of any token")


def it_is_quiet(world):
    """As if the last sign of every open trouble had been an hour earlier: a conflict is over only after a while."""
    with sqlite3.connect(world.ledger.path) as connection:
        changed = connection.execute(
            "UPDATE incidents SET last_held = last_held - 3600 * 1000000 WHERE closed IS NULL").rowcount
    connection.close()
    check(changed > 0, "no incident is open")


def incidents(world):
    return [(row["kinds"], row["outcome"]) for row in world.ledger.rows("SELECT * FROM incidents ORDER BY id")]


def saying(agent, *lines):
    """The agent is started again, says these lines at once, and goes on."""
    breaks._set_fault(agent, exit=1, after=86_400, lines=list(lines))
    agent.systemctl("restart", agent.unit)
    breaks.wait("the agent to be ready", agent.ready)


# 409

@test("a copy of the agent that polls, too, is ended; that it is over is told by the next pass", (SYSTEM, OWN),
      seconds=70, waits=True, limit=160)
def second_poller(world):
    # The copy comes first: what meets a conflict waits longer and longer before it polls again.
    stray = strays.orphan(bot_token("twice"), ACCOUNT, "system" if world.scope == SYSTEM else "user", of="poller")
    strays.aged(stray, strays.OLD - 4)
    agent = world.create("twice", program="poller")
    conflict(agent)
    strays.aged(stray)
    before = start_of(agent)

    call = world.run("--json", status=0)

    check(not stray.alive(), "the copy still lives")
    equal(sorted(kinds(call, "twice")), ["poller-conflict", "process-stray"], "the findings")
    contains(finding(call, "twice", "poller-conflict")["summary"], f"PID {stray.pid}", "what was found")
    equal([(action["remedy"], action["target"], action["outcome"]) for action in call.agent("twice")["actions"]],
          [("endProcess", f"PID {stray.pid}", "done")], "what was done")
    equal(start_of(agent), before, "main process and start of the unit")
    equal(told(world), [], "what the pass told that ended the copy")
    equal([outcome for _, outcome in incidents(world)], [None], "the outcome of the incident after that pass")

    ended = time.time()
    polls = len(world.doubles.polls(bot_token("twice")))
    breaks.wait("the agent to poll on", lambda: len(world.doubles.polls(bot_token("twice"))) >= polls + 2)
    lacks(agent.journal(ended), "409", "what the agent said since")
    lacks(agent.journal(ended), "Conflict", "what the agent said since")
    world.run(status=0)
    equal(told(world), [], "what a pass told that came too soon to know")
    it_is_quiet(world)
    call = world.run("--json", status=0)
    equal(call.verdict("twice"), "healthy", "the verdict of the next pass")
    equal([(alert["agent"], alert["event"]) for alert in world.doubles.alerts()], [("twice", "healed")],
          "what was told")
    contains(world.doubles.alerts()[0]["text"], f"PID {stray.pid}", "the message")
    equal([outcome for _, outcome in incidents(world)], ["healed"], "the outcome of the incident")
    equal(start_of(agent), before, "main process and start of the unit at the end")
    world.doubles.forget()
    world.run(status=0)
    equal(told(world), [], "what a third pass told")


@test("a child of an earlier start that still polls is ended, and the agent goes on", EVERYWHERE, seconds=9)
def polling_leftover(world):
    agent = world.create("twice", program="poller", in_child=True, kill_mode="process")
    leftovers = breaks.leftover(agent)
    conflict(agent)
    before = start_of(agent)
    call = world.run("--json", status=0)
    check(set(leftovers).isdisjoint(agent.processes()), "the leftover still lives")
    check({"poller-conflict", "process-leftover"} <= set(kinds(call, "twice")), f"the findings: {kinds(call, 'twice')}")
    contains(finding(call, "twice", "poller-conflict")["summary"], f"PID {leftovers[0]}", "what was found")
    equal(sorted(action["remedy"] for action in call.agent("twice")["actions"]), ["endProcess", "writeKillMode"],
          "what was done")
    equal(start_of(agent), before, "main process and start of the unit")
    equal(told(world), [], "what the pass told that ended it")
    it_is_quiet(world)
    equal(world.run("--json", status=0).verdict("twice"), "healthy", "the verdict of the next pass")
    equal([(alert["agent"], alert["event"]) for alert in world.doubles.alerts()], [("twice", "healed")],
          "what was told")
    equal(start_of(agent), before, "main process and start of the unit at the end")


def remarked(world, agent):
    """One 409 is remarked by a pass, and no more than that; then the agent says the same again."""
    conflict(agent)
    before = start_of(agent)
    call = world.run("--json", status=0)
    equal((kinds(call, agent.name), call.verdict(agent.name)), (["poller-conflict"], "healthy"),
          "findings and verdict on a first 409")
    equal(finding(call, agent.name, "poller-conflict")["severity"], "info", "its severity")
    equal((told(world), incidents(world), world.ledger.actions()), ([], [], []), "what came of a first 409")
    equal(start_of(agent), before, "main process and start of the unit after a first 409")
    for _ in range(2):  # a second apart at least
        conflict(agent, time.time() + 1)


@test("an agent in conflict with itself is restarted once; that it is over is told by the next pass", EVERYWHERE,
      seconds=12)
def self_conflict(world):
    agent = world.create("self", program="poller")
    token = bot_token("self")
    world.doubles.poll_elsewhere(token)
    remarked(world, agent)
    world.doubles.leave_with_start()
    call = world.run("--json", status=0)
    equal(call.verdict("self"), "healed", "the verdict of the second pass")
    equal(kinds(call, "self"), ["poller-conflict"], "the findings")
    equal(told(world), [], "what the second pass told")
    equal([outcome for _, outcome in incidents(world)], [None], "the outcome of the incident after the second pass")
    before = start_of(agent)
    it_is_quiet(world)
    for _ in range(3):
        equal(world.run("--json", status=0).verdict("self"), "healthy", "the verdict of a later pass")
    equal(told(world), [("self", "healed", ["poller-conflict"])], "what was told")
    equal(world.ledger.actions(), [("rule:poller-conflict", "restartUnit", "done")], "what was done")
    equal(incidents(world)[0][1], "healed", "the outcome of the incident")
    equal(start_of(agent), before, "main process and start of the unit after three more passes")


def stays_escalated(world, agent):
    """Told once that a person is needed, and never restarted again, until it is over."""
    equal([(alert["agent"], alert["event"], alert["kinds"]) for alert in world.doubles.alerts()],
          [(agent.name, "escalated", ["poller-conflict"])], "what was told")
    for words in ELSEWHERE:
        contains(world.doubles.alerts()[0]["text"], words, "the message")
    before = start_of(agent)
    for _ in range(3):
        since = time.time()
        conflict(agent, since)
        call = world.run()
        check(call.status in (1, 2), f"the exit status of a later pass is {call.status}")
        equal((call.out, call.err), ("", ""), "what a later pass printed")
    equal(start_of(agent), before, "main process and start of the unit after three more passes")
    equal(len(world.doubles.alerts()), 1, "the number of messages")
    equal(world.ledger.actions(), [("rule:poller-conflict", "restartUnit", "done")], "what was done")


def ends_elsewhere(world, agent):
    """The other host is stopped: that is told, too."""
    world.doubles.poll_elsewhere()
    polls = len(world.doubles.polls())
    breaks.wait("the agent to poll again", lambda: len(world.doubles.polls()) >= polls + 2)
    world.run()
    world.run(status=0)
    equal([alert["event"] for alert in world.doubles.alerts()], ["escalated"], "what was told while it was not sure")
    it_is_quiet(world)
    world.run(status=0)
    equal([alert["event"] for alert in world.doubles.alerts()], ["escalated", "healed"], "what was told at the end")
    equal([outcome is None for _, outcome in incidents(world)], [False], "whether the incident is open at the end")


@test("a poller on another host costs one restart and one message, which says how to get rid of it", EVERYWHERE,
      seconds=28, waits=True)
def other_host(world):
    world.settings(settle="4s")
    agent = world.create("shared", program="poller")
    world.doubles.poll_elsewhere(bot_token("shared"))
    remarked(world, agent)
    before = start_of(agent)
    call = world.run("--json", status=2)
    check(start_of(agent) != before, "the agent was not restarted")
    equal(kinds(call, "shared"), ["poller-conflict"], "the findings")
    stays_escalated(world, agent)
    ends_elsewhere(world, agent)


@test("a conflict that comes back after the restart, within the incident, is for a person in the second pass that "
      "sees it, and the agent is not restarted again", (SYSTEM,),
      seconds=45, waits=True, limit=120)
def comes_back(world):
    agent = world.create("shared", program="poller")
    token = bot_token("shared")
    world.doubles.poll_elsewhere(token)
    # It goes on for long before any pass has seen it: then the first one acts.
    began = time.time()
    conflict(agent)
    time.sleep(21)
    conflict(agent, began + 20.5)
    world.doubles.leave_with_start()
    world.run(status=0)
    before = start_of(agent)
    for _ in range(2):
        equal(told(world), [], "what was told before it was seen in two passes")
        since = time.time()
        world.doubles.poll_elsewhere(token)
        conflict(agent, since)
        world.run()
    equal(start_of(agent), before, "main process and start of the unit when it had come back")
    stays_escalated(world, agent)


@test("where no token of the agent is known, a conflict is told at once, with what to do, and nothing is done",
      EVERYWHERE)
def no_token(world):
    agent = world.create("blind", token_in=())
    for line in (PTB, OPENCLAW):
        saying(agent, line)
        before = start_of(agent)
        call = world.run("--json", status=1)
        found = finding(call, "blind", "poller-conflict")
        contains(found["summary"], "not known", "what was found")
        check("somewhere else" not in found["summary"], "of a token that nobody knows it is said where it is used")
        contains(json.dumps(found["evidence"]), line, "the evidence")
        equal(start_of(agent), before, "main process and start of the unit")
        equal(world.ledger.actions(), [], "what was done")
        equal(told(world)[-1:], [("blind", "opened", ["poller-conflict"])], "what was told")
        contains(world.doubles.alerts()[-1]["text"], ELSEWHERE[-1], "the message")
        alerts = len(world.doubles.alerts())
        it_is_quiet(world)
        equal(world.run("--json", status=0).verdict("blind"), "healthy", "the verdict of the next pass")
        equal([alert["event"] for alert in world.doubles.alerts()[alerts:]], ["healed"], "what the next pass told")


@test("talk of 4091 things, of other methods, or of a webhook is no conflict", (SYSTEM, OWN))
def no_conflict(world):
    agent = world.create("chatty")
    # What users write, and an agent repeats.
    saying(agent, '[telegram] inbound: why do I get 409 from getUpdates?', '[telegram] from @anna: getUpdates says 409',
           'user: getUpdates ended with 409', f'[telegram] reply {{"text":"It said: {PTB}"}}')
    for number in (1, 2):
        equal(kinds(world.run("--json", status=0), "chatty"), [], f"the findings of pass {number} on what users wrote")
    saying(agent, "[telegram] order 4091 getUpdates", "user: what does getUpdates 14090 mean?",
           "sendMessage failed: 409 Conflict", "getUpdates answered 200 in 1409 ms",
           "getUpdates: invoice #409123 was paid", "port 409 is closed", "[telegram] getUpdates timed out")
    call = world.run("--json", status=0)
    equal(kinds(call, "chatty"), [], "the findings")
    equal(world.ledger.actions(), [], "what was done")
    # Telegram's own words for a webhook are a finding, but another one.
    saying(agent, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete it "
           "first (409)")
    call = world.run("--json", status=1)
    equal(kinds(call, "chatty"), ["poller-webhook"], "the findings on Telegram's words for a webhook")
    equal(world.ledger.actions(), [], "what was done about a webhook")


@test("409 once or twice, after which the polls go well, is no more than a remark", (SYSTEM, OWN), seconds=8)
def passing_conflict(world):
    agent = world.create("once", program="poller")
    world.doubles.poll_elsewhere(bot_token("once"))
    conflict(agent)
    conflict(agent, time.time())  # several, as long as it is over soon
    world.doubles.poll_elsewhere()
    polls = len(world.doubles.polls())
    breaks.wait("the agent to poll on", lambda: len(world.doubles.polls()) >= polls + 2)
    before = start_of(agent)
    call = world.run("--json", status=0)
    equal(finding(call, "once", "poller-conflict")["severity"], "info", "the severity of the finding")
    for number in (2, 3):
        equal(kinds(world.run("--json", status=0), "once"), [], f"the findings of pass {number}")
    equal((told(world), incidents(world), world.ledger.actions()), ([], [], []), "what came of it")
    equal(start_of(agent), before, "main process and start of the unit")


@test("a second copy that is silent at the moment is named for a conflict, and nothing is done to either", seconds=12)
def silent_copy(world):
    agent = world.create("paused", program="poller")
    copy = strays.Puppet(bot_token("paused"), ACCOUNT, of="poller")
    world.doubles.poll_elsewhere(bot_token("paused"))
    before, since = start_of(agent), 0
    for number in (1, 2, 3):
        conflict(agent, since)
        call = world.run("--json", status=1)
        found = finding(call, "paused", "poller-conflict")
        equal(found["severity"], "warning", f"the severity in pass {number}")
        contains(found["summary"], f"/fleet/poller (PID {copy.pid}, user {ACCOUNT})", f"what pass {number} found")
        since = time.time()
    equal(world.ledger.actions(), [], "what was done")
    check(copy.alive(), "the copy was ended")
    equal(start_of(agent), before, "main process and start of the unit")
    equal([(alert["agent"], alert["event"]) for alert in world.doubles.alerts()], [("paused", "opened")],
          "what was told")


@test("a conflict of an earlier start is no conflict now")
def old_conflict(world):
    agent = world.create("past")
    saying(agent, PTB)
    breaks._clear_fault(agent)
    agent.systemctl("restart", agent.unit)
    breaks.wait("the agent to be ready", agent.ready)
    equal(kinds(world.run("--json", status=0), "past"), [], "the findings after a restart by hand")
    equal(world.ledger.actions(), [], "what was done")


@test("a pass over one agent alone does not swallow the conflict of another one")
def one_agent_alone(world):
    world.create("blind", token_in=())
    world.create("other")
    world.run(status=0)
    saying(world.fleet["blind"], PTB)
    equal(kinds(world.run("--agent", "other", "--json", status=0), "other"), [], "the findings on the other agent")
    equal(kinds(world.run("--json", status=1), "blind"), ["poller-conflict"], "the findings of the next pass over all")


# One token, two agents

def everywhere(world, token):
    """Agents that have one token, each in another place."""
    unit = world.create("unit", token=token, token_in="unit")
    file = world.create("file", token=token, token_in="file")
    config = world.create("config", token=token, token_in="config")
    named = world.create("named", token_in=())
    place = named.config.with_name("bot.token")
    named.write(place, token + "\n")
    user = "" if named.user is False or world.by_user else f'user = "{named.account}"\n'
    world.settings(more=f'[[agent]]\nname = "named"\nunit = "{named.unit}"\n{user}'
                   f'telegram_token = {{ file = "{place}" }}\n')
    beside = world.create("beside", token_in=())
    beside.write(beside.config.with_name(".env"), f"TELEGRAM_BOT_TOKEN={token}\n")
    return {"unit": unit, "file": file, "config": config, "named": named, "beside": beside}


@test("agents with one token are told before they meet, wherever the token stands, and are left alone", EVERYWHERE,
      seconds=9)
def duplicates(world):
    token = bot_token("of all")
    agents = everywhere(world, token)
    other = world.create("other")
    world.fleet.pop("other")
    states = {name: start_of(agent) for name, agent in agents.items()}

    call = world.run("--json", status=1)

    places = {"unit": "TELEGRAM_BOT_TOKEN", "file": str(agents["file"].environment_file),
              "config": str(agents["config"].config), "named": str(agents["named"].config.with_name("bot.token")),
              "beside": str(agents["beside"].config.with_name(".env"))}
    for name in agents:
        equal(kinds(call, name), ["poller-duplicate-token"], f"the findings on {name}")
        found = finding(call, name, "poller-duplicate-token")
        equal(found["severity"], "warning", "its severity")
        for twin in agents.keys() - {name}:
            contains(found["summary"], twin, f"what was found on {name}")
        facts = json.dumps(found["evidence"])
        for place in places.values():
            contains(facts, place, f"the evidence on {name}")
        equal(call.verdict(name), "degraded", f"the verdict on {name}")
        equal(call.agent(name)["actions"], [], f"what was done to {name}")
    equal(kinds(call, "other"), [], "the findings on an agent with a bot of its own")
    equal(sorted(told(world)), [(name, "opened", ["poller-duplicate-token"]) for name in sorted(agents)],
          "what was told")

    again = world.run(status=1)
    equal((again.out, again.err), ("", ""), "what the next pass printed")
    equal(len(world.doubles.alerts()), 5, "the number of messages after the next pass")
    equal({name: start_of(agent) for name, agent in agents.items()}, states, "main processes and starts")
    equal(world.ledger.actions(), [], "what was done")
    check(other.ready(), "the other agent does not answer")


@test("an agent of the system and one of a user's manager with one token are told, too")
def across_managers(world):
    token = bot_token("of both")
    world.create("one", token=token, token_in="unit")
    fleet.create("two", user="second", token=token, token_in="config")
    call = world.run("--json", status=1)
    equal([kinds(call, name) for name in ("one", "two")], [["poller-duplicate-token"]] * 2, "the findings")
    equal(sorted(alert["agent"] for alert in world.doubles.alerts("opened")), ["one", "two"], "who was told of")


@test("where the settings say which variable holds the token, no other one counts", (SYSTEM, OWN))
def named_variable(world):
    token = bot_token("of both")
    one, _ = world.create("one", token=token), world.create("two", token=token)
    world.drop_in(one, f"Environment=OWN_BOT={bot_token('one')}")
    one.systemctl("restart", one.unit)
    breaks.wait("the agent to be ready", one.ready)
    user = f'user = "{one.account}"\n' if one.user and not world.by_user else ""
    entry = f'[[agent]]\nname = "one"\nunit = "{one.unit}"\n{user}'
    world.settings(more=entry + 'telegram_token = { env = "OWN_BOT" }\n')
    call = world.run("--json", status=0)
    equal([kinds(call, name) for name in ("one", "two")], [[], []], "the findings with the variable named")
    equal((asked(world, bot_token("one")), asked(world, token)), (BOTH, BOTH), "what was asked of each bot")
    world.settings(more=entry)
    call = world.run("--json", status=1)
    equal([kinds(call, name) for name in ("one", "two")], [["poller-duplicate-token"]] * 2, "the findings without")
    # Of two it is not known which one it polls with; the other has only the one.
    found = [finding(call, name, "poller-duplicate-token") for name in ("one", "two")]
    equal([each["severity"] for each in found], ["info", "warning"], "their severities")
    contains(found[0]["summary"], "set `telegram_token` for one in the settings", "what was found on one")
    equal([call.verdict(name) for name in ("one", "two")], ["healthy", "degraded"], "the verdicts without")
    equal(told(world), [("two", "opened", ["poller-duplicate-token"])], "what was told without")


@test("a key of another service is no bot token, and a file of tokens that several agents share proves nothing of any")
def no_twins(world):
    key = "1234567:" + "kQ7x" * 10
    for name in ("here", "there"):
        agent = world.create(name)
        world.drop_in(agent, f"Environment=MAXMIND={key}")
        agent.systemctl("restart", agent.unit)
    shared = Path("/etc/fleet/shared.env")
    shared.parent.mkdir(exist_ok=True)
    shared.write_text(f"BOT_LEFT={bot_token('left')}\nBOT_RIGHT={bot_token('right')}\n")
    for name in ("left", "right"):
        agent = world.create(name, token_in=())
        world.drop_in(agent, f"EnvironmentFile={shared}")
        agent.systemctl("restart", agent.unit)
    for agent in world.fleet.values():
        breaks.wait("the agent to be ready", agent.ready)
    for _ in range(2):
        call = world.run("--json", status=0)
        equal([kinds(call, name) for name in ("here", "there")], [[], []], "the findings with a key of another service")
        for name, twin in (("left", "right"), ("right", "left")):
            equal(call.verdict(name), "healthy", f"the verdict on {name}")
            found = finding(call, name, "poller-duplicate-token")
            equal(found["severity"], "info", f"the severity on {name}")
            for piece in (twin, "2 bot tokens", f"set `telegram_token` for {name} in the settings"):
                contains(found["summary"], piece, f"what was found on {name}")
    equal(asked(world, bot_token("here")), BOTH, "what was asked of a token")
    lacks(json.dumps(world.doubles.requests("telegram")), key.split(":")[1], "what the Bot API was asked")
    equal((told(world), world.ledger.actions()), ([], []), "what came of it")


@test("two agents of one token that poll, too, are told of each other, and neither is restarted", (SYSTEM, OWN))
def polling_twins(world):
    token = bot_token("of both")
    agents = [world.create(name, program="poller", token=token) for name in ("one", "two")]
    for agent in agents:
        conflict(agent)
    before = [start_of(agent) for agent in agents]
    call = world.run("--json", status=1)
    for name, twin in (("one", "two"), ("two", "one")):
        equal(sorted(kinds(call, name)), ["poller-conflict", "poller-duplicate-token"], f"the findings on {name}")
        contains(finding(call, name, "poller-conflict")["summary"], f"held by {twin} as well",
                 f"what was found on {name}")
    world.run()
    equal([start_of(agent) for agent in agents], before, "main processes and starts")
    equal(world.ledger.actions(), [], "what was done")
    equal(sorted((alert["agent"], alert["event"]) for alert in world.doubles.alerts()),
          [("one", "opened"), ("two", "opened")], "what was told")


@test("once an agent has a bot of its own, both are told to be well", EVERYWHERE, seconds=7)
def apart_again(world):
    token = bot_token("of both")
    one, two = world.create("one", token=token), world.create("two", token=token)
    world.run(status=1)
    equal(len(world.doubles.alerts("opened")), 2, "the messages at first")
    own = bot_token("two")
    text = two.unit_file.read_text().replace(token, own)
    two.write(two.unit_file, text) if two.user else two.unit_file.write_text(text)
    two.write(two.config, two.config.read_text().replace(token, own))
    two.systemctl("daemon-reload")
    two.systemctl("restart", two.unit)
    breaks.wait("the agent to be ready", two.ready)
    before = start_of(one), start_of(two)
    call = world.run("--json", status=0)
    equal([call.verdict("one"), call.verdict("two")], ["healthy", "healthy"], "the verdicts")
    equal(sorted((alert["agent"], alert["event"]) for alert in world.doubles.alerts()[2:]),
          [("one", "healed"), ("two", "healed")], "what was told then")
    equal((start_of(one), start_of(two)), before, "main processes and starts")


@test("an agent that an operator has stopped or disabled is no twin", EVERYWHERE, seconds=8)
def stopped_twin(world):
    token = bot_token("of both")
    world.create("one", token=token)
    two = world.create("two", token=token)
    equal(kinds(world.run("--json", status=1), "one"), ["poller-duplicate-token"], "the findings while both run")

    def alone(how):
        call = world.run("--json", status=0)
        equal(kinds(call, "one"), [], f"the findings on one while the other is {how}")
        equal(call.verdict("two"), "held", f"the verdict on the one that is {how}")
        equal(two.state()["ActiveState"], "inactive", f"the state of the one that is {how}")
    breaks.stop(two)
    alone("stopped")
    two.systemctl("disable", two.unit)
    alone("stopped and disabled")
    two.systemctl("start", two.unit)
    breaks.wait("the agent to be ready", two.ready)
    equal(kinds(world.run("--json", status=1), "one"), ["poller-duplicate-token"], "the findings when it is back")


# What the Bot API says

HOOK = "https://user:pass-9f3a@hooks.example.net:8443/telegram/path-4711?secret=query-4712"
HIDDEN = ("path-4711", "query-4712", "pass-9f3a")


@test("with telegram.ask set to false no token is asked about, `doctor` says so, and what was answered before stays known",
      EVERYWHERE, seconds=7)
def unasked(world):
    world.settings(more="ask = false")
    world.create("pushed")
    world.doubles.set_webhook(bot_token("pushed"), HOOK)
    for _ in range(2):
        equal(world.run("--json", status=0).verdict("pushed"), "healthy", "the verdict")
    contains(world.watchdog("doctor").out, "telegram.ask is false", "what `doctor` says")
    equal(asked(world), [], "what was asked")

    world.settings()
    equal(kinds(world.run("--json", status=1), "pushed"), ["poller-webhook"], "the findings once it is asked")
    contains(world.watchdog("doctor").out, f"A pass asks {world.doubles.url}", "what `doctor` says")
    world.settings(more="ask = false")
    an_hour_passes(world)
    equal(kinds(world.run("--json", status=1), "pushed"), ["poller-webhook"], "the findings when it is not asked any more")
    equal(asked(world), BOTH, "what was asked")
    equal([alert["event"] for alert in world.doubles.alerts()], ["opened"], "what was told")


@test("a webhook that somebody has set is told with its host alone, and asked about once an hour", EVERYWHERE,
      seconds=9)
def webhook(world):
    agent = world.create("pushed")
    token = bot_token("pushed")
    world.doubles.set_webhook(token, HOOK)
    world.watchdog("doctor")
    world.run("--dry-run")
    equal(asked(world), [], "what `doctor` and a dry run asked before any pass")
    before = start_of(agent)

    call = world.run("--json", status=1)

    equal(asked(world), BOTH, "what the first pass asked")
    found = finding(call, "pushed", "poller-webhook")
    contains(found["summary"], "hooks.example.net", "what was found")
    contains(found["summary"], f"{world.doubles.url}/bot$TELEGRAM_BOT_TOKEN/deleteWebhook", "what was found")
    equal(told(world), [("pushed", "opened", ["poller-webhook"])], "what was told")
    contains(world.doubles.alerts()[0]["text"], "hooks.example.net", "the message")
    contains(world.doubles.alerts()[0]["text"], "/deleteWebhook", "the message")

    for _ in range(3):
        call = world.run("--json", status=1)
        equal(kinds(call, "pushed"), ["poller-webhook"], "the findings of a later pass")
    doctor = world.watchdog("doctor", "--json", status=1)
    equal([each["kind"] for each in pass_of(doctor, "pushed")["findings"]], ["poller-webhook"],
          "the findings of `doctor`")
    planned = world.run("--dry-run", "--json", status=1)
    equal(kinds(planned, "pushed"), ["poller-webhook"], "the findings of a dry run")
    equal(asked(world), BOTH, "what was asked within the hour")
    equal(len(world.doubles.alerts()), 1, "the number of messages within the hour")

    an_hour_passes(world)
    world.watchdog("doctor")
    world.run("--dry-run")
    equal(asked(world), BOTH, "what `doctor` and a dry run asked after the hour")
    world.run(status=1)
    equal(asked(world), sorted(BOTH * 2), "what was asked after the hour")
    equal(start_of(agent), before, "main process and start of the unit")
    equal(world.ledger.actions(), [], "what was done")

    world.doubles.set_webhook(token, "")
    equal(kinds(world.run("--json", status=1), "pushed"), ["poller-webhook"], "the findings before it is asked again")
    an_hour_passes(world)
    equal(world.run("--json", status=0).verdict("pushed"), "healthy", "the verdict after it was removed")
    equal([alert["event"] for alert in world.doubles.alerts()], ["opened", "healed"], "what was told at the end")
    everything = json.dumps(world.doubles.alerts()) + world.ledger.text() + "".join(
        each.out + each.err for each in world._calls)
    for secret in HIDDEN:
        lacks(everything, secret, "what was said and kept")


def pass_of(call, name):
    """What `doctor --json` says of one agent."""
    return next(agent for agent in call.json["pass"]["agents"] if agent["name"] == name)


@test("a webhook whose host the agent itself names is its own", (SYSTEM, OWN), seconds=6)
def own_webhook(world):
    configured, variable, foreign = (world.create(name) for name in ("configured", "variable", "foreign"))
    config = json.loads(configured.config.read_text())
    config["channels"]["telegram"]["webhookUrl"] = "https://bots.example.net/configured"
    configured.write(configured.config, json.dumps(config, indent=2))
    world.drop_in(variable, "Environment=WEBHOOK_URL=https://bots.example.net/variable")
    for agent in (configured, variable, foreign):
        world.doubles.set_webhook(bot_token(agent.name), f"https://bots.example.net/{agent.name}")
    call = world.run("--json", status=1)
    equal({agent["name"]: [each["kind"] for each in agent["findings"]] for agent in call.json["agents"]},
          {"configured": [], "variable": [], "foreign": ["poller-webhook"]}, "the findings")


@test("a webhook on a host that is only a part of the agent's own is none of its own", (SYSTEM,), seconds=6)
def similar_webhook(world):
    agent = world.create("similar")
    config = json.loads(agent.config.read_text())
    config["channels"]["telegram"]["webhookUrl"] = "https://bots.example.net/similar"
    agent.write(agent.config, json.dumps(config, indent=2))
    world.doubles.set_webhook(bot_token("similar"), "https://example.net/similar")
    equal(kinds(world.run("--json", status=1), "similar"), ["poller-webhook"], "the findings")


@test("a revoked token is told, with where it stands; nothing is restarted or rolled back", EVERYWHERE, seconds=7)
def revoked(world):
    agent = world.learned("burnt")
    token = bot_token("burnt")
    # Newer than the known good one, which would be put back if a config were to blame.
    config = json.loads(agent.config.read_text())
    config["meta"]["lastTouchedVersion"] = "2026.9.2"
    agent.write(agent.config, json.dumps(config, indent=2))
    os.utime(agent.config, (time.time() - 3600,) * 2)
    content = agent.config.read_bytes()
    world.doubles.revoke(token)
    an_hour_passes(world)
    before = start_of(agent)
    for _ in range(3):
        call = world.run("--json", status=1)
        equal(kinds(call, "burnt"), ["secret-rejected"], "the findings")
    found = finding(call, "burnt", "secret-rejected")
    for piece in ("401", "@BotFather"):
        contains(found["summary"], piece, "what was found")
    contains(json.dumps(found["evidence"]), str(agent.config), "the evidence")
    equal(told(world), [("burnt", "opened", ["secret-rejected"])], "what was told")
    equal(asked(world, token), sorted(BOTH * 2), "what was asked in five passes with an hour between two of them")
    equal(world.ledger.actions(), [], "what was done")
    equal(start_of(agent), before, "main process and start of the unit")
    equal(agent.config.read_bytes(), content, "the config")

    world.doubles.revoke()
    an_hour_passes(world)
    equal(world.run("--json", status=0).verdict("burnt"), "healthy", "the verdict with a token that is accepted")
    equal([alert["event"] for alert in world.doubles.alerts()], ["opened", "healed"], "what was told at the end")


@test("one refusal out of two is none, and neither is any other error of the Bot API", (SYSTEM, OWN), seconds=6)
def one_refusal(world):
    world.create("doubted")
    first = True
    for answers in ({"getMe": {"status": 401}, "getWebhookInfo": {"status": 200}},
                    {"getMe": {"status": 200}, "getWebhookInfo": {"status": 401}},
                    {"getMe": {"status": 403}, "getWebhookInfo": {"status": 403}},
                    {"getMe": {"status": 500}, "getWebhookInfo": {"status": 500}},
                    {"getMe": {"status": 429}, "getWebhookInfo": {"status": 429}}):
        if not first:
            an_hour_passes(world)
        first = False
        world.doubles.behave(telegram=answers)
        before = len(asked(world))
        equal(kinds(world.run("--json", status=0), "doubted"), [], f"the findings with {answers}")
        equal(len(asked(world)), before + 2, f"the number of calls with {answers}")
    equal(world.doubles.alerts(), [], "what was told")


@test("a Bot API that cannot be reached is no finding, and is not tried again within the hour", (SYSTEM, OWN),
      seconds=6)
def dead_api(world):
    world.create("alone")
    token = bot_token("alone")
    world.doubles.revoke(token)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    alive = world.settings_path.read_text()
    world.write_settings(alive.replace(f'api = "{world.doubles.url}"', f'api = "http://127.0.0.1:{port}"'))
    call = world.run("--json", status=0)
    equal(kinds(call, "alone"), [], "the findings while it cannot be reached")
    check(call.seconds < 5, f"the pass took {call.seconds:.1f} s")
    world.write_settings(alive)
    equal(kinds(world.run("--json", status=0), "alone"), [], "the findings within the hour")
    equal(asked(world), [], "what was asked within the hour")
    an_hour_passes(world)
    equal(kinds(world.run("--json", status=1), "alone"), ["secret-rejected"], "the findings after the hour")
    # What is known stays known while it cannot be asked.
    an_hour_passes(world)
    world.write_settings(alive.replace(f'api = "{world.doubles.url}"', f'api = "http://127.0.0.1:{port}"'))
    equal(kinds(world.run("--json", status=1), "alone"), ["secret-rejected"],
          "the findings when it cannot be reached any more")


@test("agents of one token are asked about together, and one that is stopped is not asked about", (SYSTEM,), seconds=6)
def asked_once(world):
    token = bot_token("of both")
    world.create("one", token=token)
    world.create("two", token=token)
    breaks.stop(world.create("off"))
    world.run()
    equal(asked(world, token), BOTH, "what was asked about the token of both")
    equal(asked(world), BOTH, "what was asked at all")


# What must never be

@test("nothing in the program could ever poll")
def never_polls(world):
    calls = re.compile(rb"/getUpdates|bot\\\(\w+\)/get[Uu]p", re.I)
    found = [str(path) for path in sorted((REPOSITORY / "Sources").rglob("*")) if path.is_file()
             and calls.search(path.read_bytes())]
    equal(found, [], "the source files that name the address of getUpdates")
    lacks(Path(PROGRAM).read_bytes().lower(), b"/getupdates", "the program")
    agent = world.create("quiet")
    saying(agent, PTB)
    for _ in range(2):
        world.run()
        world.watchdog("doctor")
        an_hour_passes(world)
    check(asked(world), "nothing was asked: this proves nothing")
    equal(world.doubles.forbidden(), [], "the polls of the watchdog")
    equal(set(asked(world)), set(BOTH), "the methods that were called")


@test("no token is ever kept or said, and the key of their fingerprints is closed to others", EVERYWHERE, seconds=12)
def no_token_shown(world):
    shared, burnt = bot_token("shared"), bot_token("burnt")
    # Not in a config: that is kept on purpose, with everything in it.
    world.create("first", token=shared, token_in="unit")
    world.create("second", token=shared, token_in="file")
    world.create("burnt", token_in="file")
    leaky = world.create("leaky", token_in="unit")
    world.create("poller", program="poller", token_in="unit")
    world.doubles.set_webhook(shared, f"https://hooks.example.net/bot{shared}/hook")
    world.doubles.set_webhook(bot_token("leaky"), f"https://{bot_token('leaky').replace(':', '-')}.example.net/")
    world.doubles.revoke(burnt)
    saying(leaky, PTB, f"POST http://127.0.0.1:9900/bot{bot_token('leaky')}/getUpdates -> 409 Conflict")
    outside = [strays.shell(bot_token("leaky"), leaky.account), strays.orphan(bot_token("leaky"), leaky.account)]
    world.doubles.poll_elsewhere(bot_token("poller"))
    conflict(world.fleet["poller"])
    shown = ""
    for words in (("run", "--json"), ("run",), ("run", "--dry-run"), ("run", "--dry-run", "--json"), ("doctor",),
                  ("doctor", "--json"), ("status",), ("status", "--json"), ("incidents",), ("incidents", "--json")):
        call = world.watchdog(*words)
        shown += call.out + call.err
    for row in world.ledger.rows("SELECT id FROM incidents"):
        for words in ((), ("--json",)):
            call = world.watchdog("incidents", str(row["id"]), *words)
            shown += call.out + call.err
    found = {row["kinds"] for row in world.ledger.rows("SELECT kinds FROM incidents")}
    for kind in ("poller-conflict", "poller-duplicate-token", "poller-webhook", "secret-rejected"):
        check(any(kind in each for each in found), f"there was no {kind}: {found}")
    check(world.doubles.alerts(), "nothing was told")
    for stray in outside:
        contains(shown, f"/proc/{stray.pid}", "what was shown")

    tokens = {f"the token of {name}": token for name, token in (
        ("two agents", shared), ("burnt", burnt), ("leaky", bot_token("leaky")), ("poller", bot_token("poller")))}
    # The second half of a token is all of its secret.
    keys = {f"the key in {name}": token.split(":")[1] for name, token in tokens.items()}
    digests = {f"the bare digest of {name}": hashlib.sha256(token.encode()).hexdigest()[:32]
               for name, token in tokens.items()}
    kept = {str(path.relative_to(world.state)): path.read_bytes().decode("latin-1")
            for path in sorted(world.state.rglob("*")) if path.is_file()}
    check(any(name.startswith("ledger.db") for name in kept), f"there is no ledger: {sorted(kept)}")
    alerts = json.dumps(world.doubles.requests("webhook"))
    for secrets in (tokens, keys):
        secrets_of.search(secrets, what_was_printed=shown, what_was_told=alerts,
                          the_state_directory="\n".join([*kept, *kept.values()]))
    # Not in the bytes: the gateway's own token in a config, which is kept, begins like that.
    secrets_of.search(digests, what_was_printed=shown, what_was_told=alerts, the_ledger=world.ledger.text())
    file = world.state / "fingerprint.key"
    status = file.stat()
    equal((oct(status.st_mode & 0o777), status.st_size), ("0o600", 32), "mode and size of the key's file")
    equal(file.owner(), "fleet" if world.by_user else "root", "the owner of the key's file")
    check(len(set(file.read_bytes())) > 8, "the key is not random")


@test("the fingerprints of a token are those of this host's key, and at most 12 digits of one are shown", (SYSTEM,),
      seconds=6)
def fingerprints(world):
    import hmac
    token = bot_token("of both")
    world.create("one", token=token)
    world.create("two", token=token)
    call = world.run("--json", status=1)
    key = (world.state / "fingerprint.key").read_bytes()
    wanted = hmac.new(key, token.encode(), "sha256").hexdigest()[:32]
    equal([row["fingerprint"] for row in world.ledger.rows("SELECT fingerprint FROM token_checks")], [wanted],
          "the tokens that the ledger knows")
    shown = call.out + json.dumps(world.doubles.alerts())
    contains(call.out, wanted[:12], "the report")
    lacks(shown, wanted[:13], "what was said")
    # The same key in every pass: a second one finds what the first one asked.
    world.run(status=1)
    equal((world.state / "fingerprint.key").read_bytes(), key, "the key after a second pass")
    equal(asked(world), BOTH, "what was asked in two passes")
