"""The Telegram Bot API, as far as agents and the watchdog use it: what it answers, and the long polls."""
import re
import select
import socket
import threading
import time

LONGEST_POLL = 50  # seconds, as api.telegram.org has it
REMOTE_AFTER = 0.2  # seconds until the poller on another host ends a poll here
WATCHDOG = "agent-watchdog"  # how the watchdog's User-Agent begins

ERRORS = {
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    409: "Conflict: terminated by other getUpdates request; "
         "make sure that only one bot instance is running",
    429: "Too Many Requests: retry after {retry_after}",
    500: "Internal Server Error",
}
WEBHOOK_ACTIVE = ("Conflict: can't use getUpdates method while webhook is active; "
                  "use deleteWebhook to delete the webhook first")


def error(status, description=None):
    return status, {"ok": False, "error_code": status,
                    "description": description or ERRORS.get(status, "Bad Request")}


def refused(behaviour, token):
    return not re.fullmatch(r"\d+:.+", token) or token in behaviour["revoked"]


def forbidden(agent):
    """Whether a getUpdates with this User-Agent must never have been made. Every poller names itself, so one
    without a name is taken for the watchdog's, too."""
    return not agent or agent.startswith(WATCHDOG)


class Polls:
    """The getUpdates that wait. Of each token the newest one waits, and the one before it is ended."""

    def __init__(self, behaviour):
        """`behaviour` returns what is asked of the Bot API at the time of the call."""
        self.behaviour = behaviour
        self.changed = threading.Condition()
        self.newest = {}

    def wake(self):
        """The behaviour has changed: every poll that waits looks at it again."""
        with self.changed:
            self.changed.notify_all()

    def wait(self, token, seconds, connection):
        """Status and answer of one poll; none when its client has gone away meanwhile."""
        mine, began = object(), time.monotonic()
        with self.changed:
            self.newest[token] = mine
            self.changed.notify_all()
        while True:
            behaviour, waited = self.behaviour(), time.monotonic() - began
            if refused(behaviour, token):
                return error(401)
            if behaviour["webhooks"].get(token):
                return error(409, WEBHOOK_ACTIVE)
            remote = token in behaviour["remote"]
            with self.changed:
                if self.newest[token] is not mine or remote and waited >= REMOTE_AFTER:
                    return error(409)
                left = (REMOTE_AFTER if remote else seconds) - waited
                if left <= 0:
                    return 200, {"ok": True, "result": []}
                # In short steps, because nothing else tells that the client has gone away.
                self.changed.wait(min(left, 0.25))
            if gone(connection):
                return None


def gone(connection):
    try:
        return bool(select.select([connection], [], [], 0)[0]
                    and not connection.recv(1, socket.MSG_PEEK))
    except OSError:
        return True


def seconds_of(fields):
    """How long a poll asks to wait."""
    try:
        return min(max(float(fields.get("timeout") or 0), 0), LONGEST_POLL)
    except (TypeError, ValueError):
        return 0


def call(world, behaviour, token, method, fields, agent):
    """What was asked of this method, status and answer, for every method but getUpdates; `agent` is the User-Agent."""
    if method == "getMe" and behaviour["until_start"] and not agent.startswith(WATCHDOG):
        world.control({"telegram": {"remote": [], "until_start": False}})
    asked = behaviour.get(method, {})
    status = 401 if refused(behaviour, token) else asked.get("status", 200)
    if status != 200:
        retry_after = asked.get("retry_after", 35)
        description = asked.get("description", ERRORS.get(status, "Bad Request"))
        _, answer = error(status, description.format(retry_after=retry_after))
        if status == 429:
            answer["parameters"] = {"retry_after": retry_after}
        return asked, status, answer
    result = None
    if method == "getMe":
        result = {"id": int(token.split(":")[0]), "is_bot": True, "first_name": "Fleet",
                  "username": "fleet_bot"}
    elif method == "getWebhookInfo":
        url = behaviour["webhooks"].get(token) or ""
        result = {"url": url, "has_custom_certificate": False, "pending_update_count": 0}
        result |= {"max_connections": 40} if url else {}
    elif method in ("setWebhook", "deleteWebhook"):
        url = fields.get("url") if method == "setWebhook" else ""
        world.control({"telegram": {"webhooks": {token: url or ""}}})
        return asked, 200, {"ok": True, "result": True, "description": (
            "Webhook was set" if url else "Webhook was deleted")}
    elif method == "sendMessage":
        result = {"message_id": world.message_id(), "date": int(time.time()),
                  "chat": {"id": fields.get("chat_id"), "type": "group"},
                  "text": fields.get("text")}
    if result is None:
        return asked, *error(404, "Not Found")
    return asked, 200, {"ok": True, "result": result | asked.get("result", {})}
