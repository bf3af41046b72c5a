"""Messages reach their channels once, and are kept until they do."""
import os
import time

import breaks
from agents import bot_token
from catalogue import EVERYWHERE, OWN, SYSTEM, test
from expect import Skip, check, contains, equal

TOKEN = bot_token("the channel itself")


def outage(world, name="flaky"):
    """An agent that is down by itself; a pass heals it and has that to tell."""
    agent = world.fleet.get(name) or world.learned(name, restart="no")
    breaks.crash(agent)
    return agent


def waiting(world):
    return world.ledger.rows("SELECT * FROM outbox WHERE delivered IS NULL")


@test("a message that the receiver answers with 500 is kept, said, and delivered by the next pass, once",
      (SYSTEM, OWN))
def receiver_fails(world):
    outage(world)
    world.doubles.behave(webhook={"status": 500})
    call = world.run(status=0)
    equal(len(world.doubles.alerts()), 1, "the number of attempts")
    contains(call.err, "not delivered yet", "what it complains of")
    kept = waiting(world)
    equal([(row["event"], row["attempts"]) for row in kept], [("healed", 1)], "the messages that wait")
    contains(kept[0]["problem"], "500", "why it waits")
    contains(world.watchdog("status").out, "1 message", "`status`")
    world.doubles.behave(webhook={"status": 200})
    after = world.run(status=0)
    equal(after.err, "", "what the next pass complains of")
    equal(len(world.doubles.alerts()), 2, "the number of attempts after the next pass")
    first, second = world.doubles.alerts()
    equal(second, first, "the message that was sent again")
    equal(waiting(world), [], "the messages that wait after the next pass")
    world.run(status=0)
    equal(len(world.doubles.alerts()), 2, "the number of attempts after a third pass")


@test("a receiver that is not there costs no pass, and gets its message when it is back")
def receiver_gone(world):
    outage(world)
    world.doubles.stop()
    call = world.run(status=0)
    check(call.seconds < 20, f"the pass took {call.seconds:.0f} s")
    equal(len(waiting(world)), 1, "the messages that wait")
    world.doubles.start()
    world.run(status=0)
    equal([alert["event"] for alert in world.doubles.alerts()], ["healed"], "what was told")


def telegram(world, **more):
    """Settings with one channel, whose token lies in a file."""
    file = world.settings_path.with_name("telegram.token")
    world.as_owner("sh", "-c", 'umask 077; cat >"$1"', "sh", str(file), input=TOKEN + "\n")
    world.settings(webhook=False, more=f'[[channel]]\nkind = "telegram"\ntoken = {{ file = "{file}" }}\n'
                   f'chat = "-1001234567890"\n', **more)


@test("a message reaches its Telegram chat, and nothing is ever polled there", (SYSTEM, OWN))
def telegram_arrives(world):
    telegram(world)
    agent = outage(world)
    call = world.run(status=0)
    sent = world.doubles.telegrams()
    equal(len(sent), 1, "the number of messages")
    equal(sent[0]["path"], f"/bot{TOKEN}/sendMessage", "where it was sent")
    equal(str(sent[0]["body"]["chat_id"]), "-1001234567890", "the chat")
    for piece in ("healed", "flaky", "unit-failed", "startUnit", agent.unit):
        contains(sent[0]["body"]["text"], piece, "the message")
    world.watchdog("doctor", status=None)
    equal(world.doubles.requests("forbidden"), [], "calls of getUpdates")
    check(TOKEN not in call.out + call.err + world.ledger.text(), "the channel's token was written down")


@test("a Telegram that answers 429 is left alone for as long as it asks", (SYSTEM,), seconds=8)
def telegram_busy(world):
    telegram(world)
    outage(world)
    world.doubles.behave(telegram={"sendMessage": {"status": 429, "retry_after": 4}})
    began = time.monotonic()
    world.run(status=0)
    equal(len(world.doubles.telegrams()), 1, "the number of attempts")
    world.doubles.behave(telegram={"sendMessage": {"status": 200}})
    world.run(status=0)
    if time.monotonic() - began >= 4:
        raise Skip("this machine is too slow: the time that Telegram asked for was over at once")
    equal(len(world.doubles.telegrams()), 1, "the number of attempts before the time is over")

    def delivered():
        world.run(status=0)
        return len(world.doubles.telegrams()) > 1
    breaks.wait("the message to be sent again", delivered, 15)
    check(time.monotonic() - began >= 4, "it was sent before the time was over")
    equal(waiting(world), [], "the messages that wait")
    world.run(status=0)
    equal(len(world.doubles.telegrams()), 2, "the number of attempts at the end")


@test("a refused bot token is said without repeating it, and the message waits")
def telegram_revoked(world):
    telegram(world)
    outage(world)
    world.doubles.behave(telegram={"revoked": [TOKEN]})
    call = world.run(status=0)
    contains(call.err, "401", "what it complains of")
    check(TOKEN not in call.out + call.err + world.ledger.text(), "the channel's token was repeated")
    equal(len(waiting(world)), 1, "the messages that wait")
    doctor = world.watchdog("doctor")
    contains(doctor.out, "401", "what doctor says of the channel")
    check(TOKEN not in doctor.out, "doctor repeats the channel's token")


@test("two channels get each message once, and one that fails does not hold up the other")
def two_channels(world):
    world.settings(more=f'[[channel]]\nkind = "webhook"\nurl = "{world.doubles.url}/other"\n')
    outage(world)
    world.doubles.behave(webhook={"status": 500})
    world.run(status=0)
    equal(len(world.doubles.requests("other")), 1, "what the second channel got")
    world.doubles.behave(webhook={"status": 200})
    world.run(status=0)
    equal((len(world.doubles.alerts()), len(world.doubles.requests("other"))), (2, 1),
          "the attempts at both channels")


def five(world, broken):
    """Five agents, so many of them dead by themselves in the same moment."""
    agents = [world.create(f"agent{number}", restart="no") for number in range(1, 6)]
    world.learn(*agents)
    for agent in agents[:broken]:
        breaks.crash(agent)
    return agents[:broken]


@test("when most of the fleet breaks at once, nothing is restarted and one message says so", EVERYWHERE, seconds=8)
def brake(world):
    world.settings(brake_share=0.5)
    broken = five(world, 4)
    plan = world.run("--dry-run", "--json", status=2).json
    equal([agent["actions"] for agent in plan["agents"]], [[]] * 5, "what a dry run plans")
    call = world.run("--json", status=2)
    equal([agent.state()["ActiveState"] for agent in broken], ["failed"] * 4, "the units")
    equal(world.ledger.actions(), [], "what was done")
    equal([(alert["kinds"], alert["event"]) for alert in world.doubles.alerts()], [(["fleet-wide"], "opened")],
          "what was told")
    for agent in broken:
        contains(world.doubles.alerts()[0]["text"], agent.name, "the message")
    equal([finding["kind"] for finding in call.json["findings"]], ["fleet-wide"], "the findings on the host")
    again = world.run(status=2)
    equal((again.out, again.err), ("", ""), "what the next pass printed")
    equal(len(world.doubles.alerts()), 1, "the number of messages")

    # The common cause is over for two of them: the other two are now ordinary outages.
    for agent in broken[:2]:
        agent.systemctl("start", agent.unit)
        breaks.wait("the agent to be ready", agent.ready)
    world.doubles.forget()
    call = world.run("--json", status=0)
    equal([call.verdict(agent.name) for agent in broken[2:]], ["healed", "healed"], "the verdicts on the rest")
    equal(sorted((alert["agent"], alert["event"]) for alert in world.doubles.alerts()),
          [("", "healed"), ("agent3", "healed"), ("agent4", "healed")], "what was told then")


@test("when less than the brake's share breaks at once, all of it is healed", (SYSTEM,), seconds=6)
def no_brake(world):
    world.settings(brake_share=0.5)
    broken = five(world, 2)
    call = world.run("--json", status=0)
    equal([call.verdict(agent.name) for agent in broken], ["healed"] * 2, "the verdicts")
    check(call.seconds < 5, f"the pass took {call.seconds:.1f} s: they were not healed together")


@test("a second thing to be warned of is told although a first one is open, and once", EVERYWHERE)
def second_warning(world):
    agent = world.create("coder")
    world.doubles.set_webhook(bot_token("coder"), "https://hooks.example.net/x")
    world.run(status=1)
    kinds = [alert["kinds"] for alert in world.doubles.alerts()]
    equal(kinds, [["poller-webhook"]], "what is told first")
    agent.write(agent.config, agent.config.read_text().replace('"maxConcurrent"', '"max\u200bConcurrent"'))
    os.utime(agent.config, (time.time() - 600,) * 2)
    for _ in range(2):
        world.run(status=1)
        kinds = [sorted(alert["kinds"]) for alert in world.doubles.alerts()]
        equal(kinds, [["poller-webhook"], ["config-invisible-character", "poller-webhook"]], "what is told then")
