"""Settings that are wrong: one sentence with the place, and nothing is done."""
import re

import breaks
from catalogue import OWN, SYSTEM, test
from expect import check, contains, equal


def refused(world, *pieces, words=("run",)):
    """The program refuses to work: status 3, one sentence on standard error, and not a word on the other."""
    call = world.watchdog(*words, status=3)
    equal(call.out, "", "standard output")
    check(len(call.err.splitlines()) == 1, f"it does not say one sentence: {call.err!r}")
    for piece in pieces:
        contains(call.err, str(piece), "the sentence")
    return call


def broken(world):
    """An agent that a pass with settings would heal."""
    agent = world.learned("fallen", restart="no")
    breaks.crash(agent)
    return agent


def left_alone(world, agent):
    equal(agent.state()["ActiveState"], "failed", "the state of the unit")
    equal(world.ledger.actions(), [], "what was done")


@test("an unknown key is refused with file, line, column, path and the nearest known key", (SYSTEM, OWN))
def unknown_key(world):
    agent = broken(world)
    world.write_settings('[fleet]\nunits = ["openclaw-gateway-*.service"]\n[policy]\n  setle = "1s"\n')
    refused(world, f"{world.settings_path}:4:", "policy.setle", "Did you mean policy.settle?")
    left_alone(world, agent)
    for text, place, key, near in (
            ("brake_share = 1.0\n", "1:", "brake_share", None),
            ("[polcy]\n", "1:", "polcy", "policy"),
            ('[[agent]]\nunit = "a.service"\nhealht = []\n', "3:", "agent.healht", "agent.health"),
            ('[[channel]]\nkind = "webhook"\nurl = "http://a"\nchatt = "1"\n', "4:", "channel.chatt", None)):
        world.write_settings(text)
        refused(world, f"{world.settings_path}:{place}", key, *([f"Did you mean {near}?"] if near else []))


@test("a wrong type or an impossible value is refused with its place and what was expected")
def wrong_value(world):
    agent = broken(world)
    for text, place, key, expected in (
            ('[policy]\nsettle = 10\n', "2:10", "policy.settle", "duration"),
            ('[policy]\nsettle = "10 parsecs"\n', "2:10", "policy.settle", "duration"),
            ('[policy]\nsettle = "-1s"\n', "2:10", "policy.settle", "duration"),
            ('[policy]\nactions_per_agent = "three"\n', "2:21", "policy.actions_per_agent", "whole number"),
            ('[policy]\nactions_per_agent = -1\n', "2:21", "policy.actions_per_agent", "whole number"),
            ('[policy]\nbrake_share = 2.5\n', "2:15", "policy.brake_share", "share"),
            ('[policy]\nkill_mode = "none"\n', "2:13", "policy.kill_mode", "control-group"),
            ('[fleet]\nunits = "all"\n', "2:9", "fleet.units", "list"),
            ('fleet = 3\n', "1:9", "fleet", "table"),
            ('[[channel]]\nkind = "pigeon"\n', "2:8", "channel.kind", "webhook"),
            ('[[channel]]\nkind = "telegram"\ntoken = "123:abc"\nchat = "1"\n', "3:9", "channel.token", "file")):
        world.write_settings(text)
        call = refused(world, key, expected)
        check(re.match(rf"watchdog: {re.escape(str(world.settings_path))}:{place}\b", call.err),
              f"the sentence does not begin with the place {place}: {call.err}")
    left_alone(world, agent)


@test("a secret in the settings themselves is refused, and not repeated")
def secret_in_settings(world):
    world.write_settings('[[channel]]\nkind = "telegram"\ntoken = "7123456789:AAsecret"\nchat = "1"\n')
    call = refused(world, "file", "env")
    check("AAsecret" not in call.err, f"the sentence repeats the secret: {call.err}")


@test("settings that are no TOML are refused with line and column")
def broken_toml(world):
    agent = broken(world)
    world.write_settings('[fleet]\nunits = ["a.service"\n[policy]\n')
    refused(world, f"{world.settings_path}:3:")
    world.write_settings('[fleet]\nunits = ["a.service"]\nunits = ["b.service"]\n')
    refused(world, f"{world.settings_path}:3:")
    world.settings_path.write_bytes(b'[fleet]\nunits = ["\xff\xfe"]\n')
    refused(world, f"{world.settings_path}:2:")
    left_alone(world, agent)


@test("settings named by --config that are not there are refused; without --config defaults hold", (SYSTEM, OWN), seconds=12)
def missing(world):
    agent = broken(world)
    for command in ("run", "doctor", "status", "incidents"):
        refused(world, "/etc/none.toml", "No such file", words=(command, "--config", "/etc/none.toml"))
    refused(world, str(world.settings_path.parent), "not a regular file",
            words=("run", "--config", str(world.settings_path.parent)))
    left_alone(world, agent)
    world.settings_path.unlink()
    world.run("--agent", "fallen", status=0)
    equal(agent.state()["ActiveState"], "active", "the state of the unit with default settings")


@test("settings that the user may not read are refused", (OWN,))
def no_permission(world):
    agent = broken(world)
    world.settings_path.chmod(0)
    refused(world, str(world.settings_path), "Permission denied")
    left_alone(world, agent)


@test("a pattern that matches nothing is said: nothing is being watched", (SYSTEM, OWN))
def matches_nothing(world):
    world.settings(fleet='units = ["openclaw-getaway-*.service"]')
    call = world.run(status=3)
    contains(call.out + call.err, '"openclaw-getaway-*.service"', "what it says")
    contains(call.out + call.err, "nothing is being watched", "what it says")
    equal([alert["kinds"] for alert in world.doubles.alerts()], [["watchdog-incomplete"]], "what was told")
    again = world.run(status=3)
    equal((again.out, again.err), ("", ""), "what the next pass printed")
    equal(len(world.doubles.alerts()), 1, "the number of messages")


@test("an agent of the settings whose unit does not exist is said, and the others are watched", (SYSTEM,))
def missing_agent(world):
    agent = broken(world)
    world.settings(more='[[agent]]\nname = "ghost"\nunit = "openclaw-gateway-ghost.service"\n')
    call = world.run("--json")
    equal(call.status, 3, "the exit status")
    contains(str(call.json["findings"]), "ghost", "the findings on the host")
    equal(call.verdict("fallen"), "healed", "the verdict on the other agent")
    equal(agent.state()["ActiveState"], "active", "the state of the other unit")


@test("wrong usage ends with 64 and a sentence that says where help is", (SYSTEM,))
def usage(world):
    for words in (["rnu"], ["run", "--jsno"], ["run", "--config"], [], ["incidents", "first"], ["explain", "nothing"],
                  ["run", "now"], ["status", "coder"]):
        call = world.watchdog(*words, status=64)
        equal(call.out, "", f"standard output of {words}")
        contains(call.err, "watchdog", f"the sentence on {words}")
    equal(world.watchdog("run", "--agent", "nobody").status, 3, "the exit status for an agent that does not exist")
