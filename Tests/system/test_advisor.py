"""The language model: what it is asked, what of its answer is used, and what is thrown away."""
import base64
import json
import os
from urllib.parse import quote

import breaks
import secrets_of
from catalogue import EVERYWHERE, test
from expect import check, contains, equal

MARK = "[plugins] hydra: unexpected frame 0x5f in shard 3"


def talkative(agent):
    """Last words that give every secret of the agent away, in several forms."""
    lines = [MARK]
    for value in secrets_of.of(agent).values():
        raw = value.encode()
        lines += [f"polling with {value}", f"GET https://api.telegram.org/bot{value}/getUpdates failed",
                  f"callback?key={quote(value, safe='')}&x=1",
                  f"basic {base64.b64encode(b'user:' + raw + b'!').decode()} was refused",
                  f"sealed {base64.b64encode(raw).decode()} was refused"]
    return lines


def outage(world, starts=1, **options):
    """An agent that is dead for a reason that no rule knows; after so many more starts one would hold."""
    agent = world.learned("flaky", restart="no", **options)
    breaks.crash(agent, times=starts, lines=talkative(agent))
    return agent


@test("a remedy of the model that fits is applied, proven, and kept with question and answer", EVERYWHERE)
def accepted(world):
    world.settings(advisor=True)
    agent = outage(world)
    secrets = secrets_of.of(agent)
    world.doubles.propose("restartUnit", cause="the upstream was away", lines=[1])

    call = world.run("--json", status=0)

    report = call.agent("flaky")
    equal(report["verdict"], "healed", "the verdict")
    equal(world.ledger.actions("flaky"), [
        ("rule:unit-failed", "resetFailed", "done"), ("rule:unit-failed", "startUnit", "done"),
        ("advisor", "resetFailed", "done"), ("advisor", "startUnit", "done")], "what was done")
    equal(agent.state()["ActiveState"], "active", "the state of the unit")
    check(agent.ready(), "the agent does not answer")
    equal(report["diagnosis"], {"cause": "the upstream was away", "confidence": 0.8, "lines": [1],
                                "origin": "advisor:double"}, "the diagnosis")

    questions = world.doubles.questions()
    equal(len(questions), 1, "the number of questions")
    asked = json.dumps(questions[0])
    contains(asked, MARK, "the question")
    contains(asked, "was refused", "the question")
    contains(asked, "rule:unit-failed", "the question")
    contains(asked, "[secret 1]", "the question")
    kept = world.ledger.rows("SELECT * FROM consultations")
    equal([(row["provider"], row["accepted"]) for row in kept], [("double", 1)], "the consultations")
    equal(json.loads(kept[0]["asked"]), questions[0], "the question in the ledger")
    contains(kept[0]["answered"], "the upstream was away", "the answer in the ledger")
    incident = world.watchdog("incidents", str(report["incident"]), status=0).out
    contains(incident, "the upstream was away", "`watchdog incidents`")
    contains(incident, "unexpected frame", "`watchdog incidents`")
    alerts = world.doubles.alerts()
    equal([(alert["event"], alert["agent"]) for alert in alerts], [("healed", "flaky")], "what was told")
    contains(alerts[0]["text"], "the upstream was away", "the alert")
    secrets_of.search(secrets, the_question=asked, the_alert=alerts, the_ledger=world.ledger.text(),
                      standard_output=call.out, standard_error=call.err, the_incident=incident)


@test("a cause that the model words with a secret in it is told without the secret")
def secret_in_the_answer(world):
    world.settings(advisor=True)
    agent = outage(world)
    secrets = secrets_of.of(agent)
    told = " and ".join(secrets.values())
    world.doubles.propose("restartUnit", cause=f"the token {told} was refused", lines=[1])
    call = world.run("--json", status=0)
    equal(call.agent("flaky")["diagnosis"]["origin"], "advisor:double", "the origin of the diagnosis")
    number = str(call.agent("flaky")["incident"])
    secrets_of.search(secrets, the_alert=world.doubles.alerts(), standard_output=call.out,
                      the_incident=world.watchdog("incidents", number, "--json").out,
                      the_incident_as_text=world.watchdog("incidents", number).out,
                      the_ledger=world.ledger.text())


def reply(**more):
    return {"cause": "c", "confidence": 0.8, "lines": [1], "remedy": "restartUnit"} | more


# What the model answers, and a word of the sentence that says why it was not used.
USELESS = {
    "outside": (reply(remedy="rm -rf /home"), "remedy"),
    "sent": (reply(lines=[1, 51]), "line"),
    "zero": (reply(lines=[0]), "line"),
    "nolist": (reply(lines="1"), "line"),
    "extra": (reply(command="systemctl stop sshd"), "command"),
    "missing": ({"cause": "c", "lines": [1], "remedy": "restartUnit"}, "keys"),
    "sure": (reply(confidence=7), "confidence"),
    "config": (reply(remedy="restoreConfig"), "config"),
    "prose": ("I would restart the unit.", "JSON"),
    "fenced": ("```json\n" + json.dumps(reply()) + "\n```", "JSON"),
    "list": ([reply()], "JSON"),
}


@test("an answer of the model that does not fit is discarded and said to be; a person is asked", seconds=12)
def discarded(world):
    world.settings(advisor=True)
    agents = {name: world.create(name, restart="no") for name in USELESS}
    world.learn(*agents.values())
    for name, agent in agents.items():
        breaks.crash(agent, times=2)  # a second start by mistake would not help, and be seen
        world.doubles.answer(USELESS[name][0])
        call = world.run("--json", "--agent", name, status=2)
        kept = world.ledger.row(
            "SELECT c.* FROM consultations c JOIN agents a ON a.id = c.agent WHERE a.name = ?", name)
        check(kept is not None, f"{name}: the model was not asked")
        equal(kept["accepted"], 0, f"{name}: accepted")
        contains(kept["result"], USELESS[name][1], f"{name}: why it was not used")
        equal([action[0] for action in world.ledger.actions(name)], ["rule:unit-failed"] * 2,
              f"{name}: the rungs that were climbed")
        contains(world.watchdog("incidents", str(call.agent(name)["incident"])).out, kept["result"],
                 f"{name}: `watchdog incidents`")
        equal([alert["event"] for alert in world.doubles.alerts(agent=name)], ["escalated"], f"{name}: what was told")
    equal(len(world.doubles.questions()), len(USELESS), "the number of questions")


def edited(agent):
    """A config that a person changed ten minutes ago, and that is as good as the one before."""
    text = agent.config.read_text().replace('"maxConcurrent": 4', '"maxConcurrent": 5')
    agent.write(agent.config, text)
    os.utime(agent.config, (agent.config.stat().st_mtime - 600,) * 2)


def goes_on(world, why, seconds=0):
    """The model is of no use; the ladder goes on to the last-known-good config, after which a start holds."""
    agent = world.learned("flaky", restart="no")
    good = agent.config.read_bytes()
    edited(agent)
    breaks.crash(agent, times=1)
    call = world.run("--json", status=0)
    check(call.seconds >= seconds, f"the pass took {call.seconds:.1f} s: it did not wait for the model")
    kept = world.ledger.rows("SELECT * FROM consultations")
    equal([row["accepted"] for row in kept], [0], "accepted")
    contains(kept[0]["result"], why, "why it was not used")
    equal(call.verdict("flaky"), "healed", "the verdict")
    equal([action[:2] for action in world.ledger.actions("flaky")], [
        ("rule:unit-failed", "resetFailed"), ("rule:unit-failed", "startUnit"),
        ("last-known-good", "restoreConfig"), ("last-known-good", "resetFailed"),
        ("last-known-good", "startUnit")], "what was done")
    equal(agent.config.read_bytes(), good, "the config")


@test("after an answer that does not fit, the ladder goes on to the last-known-good config", EVERYWHERE)
def on_after_nonsense(world):
    world.settings(advisor=True)
    world.doubles.propose("runShell")
    goes_on(world, "remedy")


@test("a model that answers 500 is passed over")
def on_after_500(world):
    world.settings(advisor=True)
    world.doubles.behave(model={"status": 500})
    goes_on(world, "500")


@test("a model that nobody serves is passed over")
def on_without_server(world):
    world.settings(more='[[advisor.provider]]\nname = "double"\nurl = "http://127.0.0.1:9/v1"\nmodel = "m"\n')
    goes_on(world, "did not answer")


@test("a model that does not answer is given up after its time", seconds=24, waits=True)
def on_after_silence(world):
    world.settings(advisor=True)
    world.doubles.behave(model={"delay": 60})
    goes_on(world, "did not answer", seconds=5)


@test("without the model's key everything else works")
def without_key(world):
    world.settings(more='[[advisor.provider]]\nname = "double"\nmodel = "m"\nkey = { env = "NO_SUCH_KEY" }\n'
                        f'url = "{world.doubles.url}/v1"\n')
    agent = world.learned("flaky", restart="no")
    breaks.crash(agent, times=1)
    call = world.run("--json", status=2)
    equal(call.verdict("flaky"), "failing", "the verdict")
    equal(world.doubles.questions(), [], "the questions")
    equal([action[0] for action in world.ledger.actions("flaky")], ["rule:unit-failed"] * 2, "the rungs climbed")


@test("a model is asked no more often in a day than it may be")
def calls_per_day(world):
    world.settings(more='[advisor]\ncalls_per_day = 1\n[[advisor.provider]]\nname = "double"\nmodel = "m"\n'
                        f'url = "{world.doubles.url}/v1"\n')
    agents = [world.create(name, restart="no") for name in ("one", "two")]
    world.learn(*agents)
    for agent in agents:
        breaks.crash(agent, times=5)
    world.run(status=2)
    equal(len(world.doubles.questions()), 1, "the number of questions")
    equal(world.ledger.value("SELECT count(*) FROM consultations"), 1, "the number of consultations")
