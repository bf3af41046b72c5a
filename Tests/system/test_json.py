"""Machines read this: one JSON value on standard output, keys sorted, and a schema number."""
import json

import breaks
from catalogue import OWN, SYSTEM, test
from expect import Failure, check, equal
from test_rollback import spoil


def value(call):
    """The one value on standard output, after a look at its form."""
    def ordered(pairs):
        keys = [key for key, _ in pairs]
        if keys != sorted(keys):
            raise Failure(f"`watchdog {' '.join(call.words)}`: keys are not sorted: {keys}")
        return dict(pairs)
    found = json.loads(call.out, object_pairs_hook=ordered)  # fails on anything after the value
    check(call.out.endswith("\n") and call.out.count("\n") == 1, "it is not one line")
    check(isinstance(found, dict), f"`watchdog {' '.join(call.words)}` printed no object")
    equal(found.get("schema"), 1, f"schema of `watchdog {' '.join(call.words)}`")
    return found


@test("every command prints one JSON object with sorted keys and schema 1, whatever the state", (SYSTEM, OWN))
def forms(world):
    world.settings(advisor=True)
    coder, flaky, held = world.create("coder"), world.create("flaky", restart="no"), world.create("held")
    world.learn(coder, flaky, held)
    healthy = value(world.run("--json", status=0))
    equal([agent["verdict"] for agent in healthy["agents"]], ["healthy"] * 3, "the verdicts")
    spoil(coder)
    breaks.hopeless(flaky)
    breaks.stop(held)
    world.doubles.propose("escalate")
    value(world.watchdog("doctor", "--json", status=2))
    value(world.run("--dry-run", "--json", status=2))
    report = value(world.run("--json", status=2))

    for key in ("agents", "findings", "host", "schema", "seconds", "started", "verdict"):
        check(key in report, f"the report has no {key}")
    check(isinstance(report["seconds"], (int, float)), "seconds is no number")
    by_name = {agent["name"]: agent for agent in report["agents"]}
    equal({name: agent["verdict"] for name, agent in by_name.items()},
          {"coder": "healed", "flaky": "failing", "held": "held"}, "the verdicts")
    for agent in report["agents"]:
        for key in ("actions", "diagnosis", "findings", "incident", "name", "unit", "user", "verdict"):
            check(key in agent, f"{agent['name']} has no {key}")
        equal(agent["user"], "fleet" if world.by_user else None, f"user of {agent['name']}")
    finding = by_name["flaky"]["findings"][0]
    equal(sorted(finding), ["evidence", "kind", "severity", "summary"], "the keys of a finding")
    equal(sorted(finding["evidence"][0]), ["source", "text"], "the keys of evidence")
    equal(sorted(by_name["coder"]["actions"][0]), ["outcome", "reason", "remedy", "target"], "the keys of an action")
    equal(sorted(by_name["flaky"]["diagnosis"]), ["cause", "confidence", "lines", "origin"], "the keys of a diagnosis")

    status = value(world.watchdog("status", "--json", status=2))
    equal({agent["name"]: agent["verdict"] for agent in status["agents"]},
          {"coder": "healed", "flaky": "failing", "held": "held"}, "the verdicts of `status`")
    incidents = value(world.watchdog("incidents", "--json", status=0))
    equal(sorted(incident["agent"] for incident in incidents["incidents"]), ["coder", "flaky"], "the incidents")
    one = value(world.watchdog("incidents", str(by_name["flaky"]["incident"]), "--json", status=0))
    equal(len(one["incidents"][0]["consultations"]), 1, "the consultations of an incident")
    value(world.watchdog("explain", "unit-failed", "--json", status=0))
    value(world.watchdog("explain", "--json", status=0))


@test("what a healed agent's outage was is in the report of the pass that healed it")
def healed(world):
    coder = world.learned("coder")
    spoil(coder)
    agent = world.run("--json", status=0).agent("coder")
    equal(agent["verdict"], "healed", "the verdict")
    check("unit-config-exit" in json.dumps([agent["findings"], agent["diagnosis"]]),
          f"neither findings nor diagnosis name what was wrong: {agent['findings']}, {agent['diagnosis']}")


@test("in JSON mode a failure leaves standard output empty and speaks on standard error")
def failures(world):
    for words in (["status", "--json"], ["incidents", "--json"], ["run", "--json", "--config", "/none"],
                  ["doctor", "--json", "--config", "/none"], ["run", "--json", "--agent", "nobody"]):
        call = world.watchdog(*words, status=3)
        equal(call.out, "", f"standard output of {words}")
        check(call.err, f"nothing is said about {words}")
