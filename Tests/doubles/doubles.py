#!/usr/bin/python3
"""Everything outside the machine, behind one port: webhooks, the Telegram Bot API, language models.

    doubles.py --port N --record FILE

Every request is appended to FILE, one JSON object a line, before it is answered. It answers

    GET HEAD POST /webhook                       {"ok":true}
    /bot<token>/getMe getWebhookInfo sendMessage as api.telegram.org does
    /bot<token>/getUpdates                       500, and the role "forbidden": it would break the
                                                 live agent's own poll
    POST [/NAME]/v1/chat/completions             a chat completion with the text it was given
    anything else                                {"ok":true}, and the role "other"

    POST /control   merges a JSON object into its behaviour, which is, by default, BEHAVIOUR below
    GET /recorded   the list of all records
    POST /reset     forgets the records and the behaviour
"""
import argparse
import copy
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

# Each answer also takes "status", "delay" (seconds) and "headers" (an object).
BEHAVIOUR = {
    "webhook": {},
    "other": {},
    "model": {"content": json.dumps(
        {"cause": "unknown", "confidence": 0.2, "lines": [], "remedy": "escalate"})},
    "models": {},  # by the NAME in the path, over what "model" says
    "about": {},  # by a text that the question holds, over both
    # "sendMessage" and so on, each like {"status": 429, "retry_after": 35, "result": {…}}
    "telegram": {"revoked": []},
    "clock": {"offset": 0},  # seconds that the Date of the answers is off
}

TELEGRAM_ERRORS = {
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    409: "Conflict: terminated by other getUpdates request; "
         "make sure that only one bot instance is running",
    429: "Too Many Requests: retry after {retry_after}",
    500: "Internal Server Error",
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


class World:
    """What the doubles remember: the behaviour asked of them, and every request."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.path = path
        self.reset()

    def reset(self):
        with self.lock:
            self.behaviour, self.records, self.messages = copy.deepcopy(BEHAVIOUR), [], 0
            with open(self.path, "w", encoding="utf-8"):
                pass

    def record(self, entry):
        with self.lock:
            self.records.append(entry)
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")

    def read(self, what):
        with self.lock:
            return copy.deepcopy(getattr(self, what))

    def control(self, more):
        with self.lock:
            merge(self.behaviour, more)

    def message_id(self):
        with self.lock:
            self.messages += 1
            return self.messages


def telegram(world, behaviour, token, method, body):
    asked = behaviour.get(method, {})
    status = asked.get("status", 200)
    if not re.fullmatch(r"\d+:.+", token) or token in behaviour["revoked"]:
        status = 401
    if status != 200:
        retry_after = asked.get("retry_after", 35)
        description = asked.get("description", TELEGRAM_ERRORS.get(status, "Bad Request"))
        answer = {"ok": False, "error_code": status,
                  "description": description.format(retry_after=retry_after)}
        if status == 429:
            answer["parameters"] = {"retry_after": retry_after}
        return asked, status, answer
    fields = body if isinstance(body, dict) else {}
    result = {
        "getMe": {"id": int(token.split(":")[0]), "is_bot": True, "first_name": "Fleet",
                  "username": "fleet_bot"},
        "getWebhookInfo": {"url": "", "has_custom_certificate": False, "pending_update_count": 0},
    }.get(method)
    if method == "sendMessage":
        result = {"message_id": world.message_id(), "date": int(time.time()),
                  "chat": {"id": fields.get("chat_id"), "type": "group"},
                  "text": fields.get("text")}
    if result is None:
        return asked, 404, {"ok": False, "error_code": 404, "description": "Not Found"}
    return asked, 200, {"ok": True, "result": result | asked.get("result", {})}


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
            return text

    def serve(self):
        world, path, body = self.server.world, unquote(urlsplit(self.path).path), self.body()
        if path == "/recorded":
            return self.reply(200, world.read("records"))
        if path == "/reset":
            world.reset()
            return self.reply(200, {"ok": True})

        bot = re.fullmatch(r"/bot([^/]*)/(\w+)", path)
        chat = re.fullmatch(r"(?:/([\w-]+))?/v1/chat/completions", path)
        role = ("control" if path == "/control" else "webhook" if path == "/webhook"
                else "forbidden" if bot and bot[2].lower() == "getupdates"
                else "telegram" if bot else "model" if chat else "other")
        world.record({"role": role, "method": self.command, "path": self.path,
                      "headers": dict(self.headers), "body": body})
        if role == "control":
            if not isinstance(body, dict):
                return self.reply(400, {"ok": False, "description": "not a JSON object"})
            world.control(body)
            return self.reply(200, {"ok": True})

        behaviour = world.read("behaviour")
        if role == "forbidden":
            asked, status, answer = {}, 500, {
                "ok": False, "error_code": 500, "description": "getUpdates must never be called"}
        elif bot:
            asked, status, answer = telegram(world, behaviour["telegram"], bot[1], bot[2], body)
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
