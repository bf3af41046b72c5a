#!/usr/bin/python3
"""Everything outside the machine, behind one port: webhooks, the Telegram Bot API, language models.

    doubles.py --port N --record FILE

Every request is appended to FILE, one JSON object a line, before it is answered. It answers

    GET HEAD POST /webhook                       {"ok":true}
    /bot<token>/getMe getWebhookInfo setWebhook deleteWebhook sendMessage
                                                 as api.telegram.org does
    /bot<token>/getUpdates                       a long poll, and the role "poll": the newer one of a
                                                 token wins, the older one is answered with 409
                                                 from the watchdog: 500, and the role "forbidden"; it
                                                 would break the live agent's own poll. These are
                                                 kept in FILE.forbidden, which no reset clears
    POST [/NAME]/v1/chat/completions             a chat completion with the text it was given
    anything else                                {"ok":true}, and the role "other"

    POST /control   merges a JSON object into its behaviour, which is, by default, BEHAVIOUR below
                    (under "telegram": "webhooks" gives a token a URL, "remote" names the tokens that
                    a poller on another host uses, "revoked" those that are answered with 401;
                    with "until_start" that host stops as soon as an agent asks getMe, as at its start)
    GET /recorded   the list of all records
    POST /reset     forgets the records and the behaviour
"""
import argparse
import copy
import json
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

import bot_api

# Each answer also takes "status", "delay" (seconds) and "headers" (an object).
BEHAVIOUR = {
    "webhook": {},
    "other": {},
    "model": {"content": json.dumps(
        {"cause": "unknown", "confidence": 0.2, "lines": [], "remedy": "escalate"})},
    "models": {},  # by the NAME in the path, over what "model" says
    "about": {},  # by a text that the question holds, over both
    # "sendMessage" and so on, each like {"status": 429, "retry_after": 35, "result": {…}}
    "telegram": {"revoked": [], "remote": [], "until_start": False, "webhooks": {}},
    "clock": {"offset": 0},  # seconds that the Date of the answers is off
}

MODEL_ERRORS = {
    401: ("invalid_request_error", "Invalid API Key"),
    429: ("rate_limit_error", "Rate limit reached"),
}


def merge(into, more):
    """Objects are merged, everything else is replaced."""
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def append(path, entry):
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


class World:
    """What the doubles remember: the behaviour asked of them, and every request."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.path = path
        self.polls = bot_api.Polls(lambda: self.read("behaviour")["telegram"])
        self.reset()

    def reset(self):
        with self.lock:
            self.behaviour, self.records, self.messages = copy.deepcopy(BEHAVIOUR), [], 0
            with open(self.path, "w", encoding="utf-8"):
                pass
        self.polls.wake()

    def record(self, entry):
        with self.lock:
            self.records.append(entry)
            append(self.path, entry)
            if entry["role"] == "forbidden":
                append(f"{self.path}.forbidden", entry)

    def read(self, what):
        with self.lock:
            return copy.deepcopy(getattr(self, what))

    def control(self, more):
        with self.lock:
            merge(self.behaviour, more)
        self.polls.wake()

    def message_id(self):
        with self.lock:
            self.messages += 1
            return self.messages


def model(behaviour, name, body):
    asked = behaviour["model"] | behaviour["models"].get(name, {})
    for text, answer in behaviour["about"].items():
        if text in json.dumps(body):
            asked |= answer
    status = asked.get("status", 200)
    if status != 200:
        kind, text = MODEL_ERRORS.get(status, ("server_error", "The server had an error"))
        return asked, status, {"error": {"message": text, "type": kind}}
    content = asked["content"]
    return asked, 200, {
        "id": "chatcmpl-1", "object": "chat.completion", "created": int(time.time()),
        "model": body.get("model", "") if isinstance(body, dict) else "",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {
            "role": "assistant",
            "content": content if isinstance(content, str) else json.dumps(content)}}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass  # the record file is the log

    def date_time_string(self, timestamp=None):
        offset = self.server.world.read("behaviour")["clock"]["offset"]
        return super().date_time_string((timestamp or time.time()) + offset)

    def reply(self, status, answer, headers=None):
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        for name, value in (headers or {}).items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def body(self):
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
        try:
            return json.loads(text)
        except ValueError:
            form = self.headers.get_content_type() == "application/x-www-form-urlencoded"
            return dict(parse_qsl(text)) if form else text

    def role(self, path, bot, chat):
        if bot and bot[2].lower() == "getupdates":
            return "forbidden" if bot_api.forbidden(self.headers.get("User-Agent")) else "poll"
        return ("control" if path == "/control" else "webhook" if path == "/webhook"
                else "telegram" if bot else "model" if chat else "other")

    def serve(self):
        world, path, body = self.server.world, unquote(urlsplit(self.path).path), self.body()
        if path == "/recorded":
            return self.reply(200, world.read("records"))
        if path == "/reset":
            world.reset()
            return self.reply(200, {"ok": True})

        bot = re.fullmatch(r"/bot([^/]*)/(\w+)", path)
        chat = re.fullmatch(r"(?:/([\w-]+))?/v1/chat/completions", path)
        role = self.role(path, bot, chat)
        world.record({"role": role, "method": self.command, "path": self.path,
                      "headers": dict(self.headers), "body": body})
        if role == "control":
            if not isinstance(body, dict):
                return self.reply(400, {"ok": False, "description": "not a JSON object"})
            world.control(body)
            return self.reply(200, {"ok": True})

        behaviour = world.read("behaviour")
        # The fields of a call of the Bot API may be in its address, in a form or in an object.
        fields = dict(parse_qsl(urlsplit(self.path).query)) | (body if isinstance(body, dict) else {})
        if role == "forbidden":
            asked, status, answer = {}, *bot_api.error(500, "getUpdates must never be called")
        elif role == "poll":
            seconds = bot_api.seconds_of(fields)
            if not (ended := world.polls.wait(bot[1], seconds, self.connection)):
                self.close_connection = True
                return
            asked, status, answer = {}, *ended
        elif bot:
            asked, status, answer = bot_api.call(
                world, behaviour["telegram"], bot[1], bot[2], fields, self.headers.get("User-Agent") or "")
        elif chat:
            asked, status, answer = model(behaviour, chat[1], body)
        else:
            asked = behaviour[role]
            status, answer = asked.get("status", 200), {"ok": asked.get("status", 200) < 400}
        time.sleep(asked.get("delay", 0))
        try:
            self.reply(status, answer, asked.get("headers"))
        except ConnectionError:
            self.close_connection = True  # its deadline came first

    do_GET = do_HEAD = do_POST = do_PUT = serve


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a client that was killed
            super().handle_error(*address)


def main():
    parser = argparse.ArgumentParser(prog="doubles.py")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--record", required=True, metavar="FILE")
    words = parser.parse_args()
    server = Server(("127.0.0.1", words.port), Handler)
    server.world = World(words.record)
    print(f"doubles are listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
