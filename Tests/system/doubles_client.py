"""The doubles of what is outside the machine: their process, what they were asked, how they answer."""
import json
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

SCRIPT = Path(__file__).resolve().parent.parent / "doubles/doubles.py"
PORT = 9900


class Doubles:
    url = f"http://127.0.0.1:{PORT}"

    def __init__(self):
        self.process = None
        self.record_files = []  # the file of each start

    def start(self):
        record = tempfile.NamedTemporaryFile(dir="/tmp", prefix="doubles-", suffix=".jsonl").name
        self.record_files.append(Path(record))
        self.process = subprocess.Popen(
            [sys.executable, "-B", SCRIPT, "--port", str(PORT), "--record", record],
            text=True, stdout=subprocess.PIPE)
        if "listening" not in self.process.stdout.readline():
            raise RuntimeError("the doubles did not start")

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def behave(self, **behaviour):
        """Changes how they answer, e.g. webhook={"status": 500}."""
        self._call("/control", behaviour)

    def propose(self, remedy, lines=(1,), cause="the upstream was away", confidence=0.8, **more):
        """What the model answers from now on."""
        self.answer({"cause": cause, "confidence": confidence, "lines": list(lines), "remedy": remedy, **more})

    def answer(self, content):
        """The model's answer: a text, or a value that becomes one."""
        text = content if isinstance(content, str) else json.dumps(content)
        self.behave(model={"status": 200, "delay": 0, "content": text})

    def forget(self):
        """Forgets every request and every change of behaviour."""
        self._call("/reset", {})

    def requests(self, role):
        return [record for record in self._call("/recorded") if record["role"] == role]

    def alerts(self, event=None, agent=None):
        """The messages that the webhook got, as far as they are of that event and agent."""
        sent = [record["body"] for record in self.requests("webhook") if record["method"] == "POST"]
        return [body for body in sent
                if event in (None, body["event"]) and agent in (None, body["agent"])]

    def questions(self):
        """The bodies that the model was sent."""
        return [record["body"] for record in self.requests("model")]

    def polls(self, token=None):
        """The getUpdates that pollers made, of one token or of all."""
        return [record for record in self.requests("poll")
                if token is None or record["path"].startswith(f"/bot{token}/")]

    def forbidden(self):
        """The getUpdates that the watchdog made since the test began, whatever was forgotten or stopped since."""
        files = [record.with_name(f"{record.name}.forbidden") for record in self.record_files]
        return [json.loads(line) for file in files if file.exists() for line in file.read_text().splitlines()]

    def set_webhook(self, token, url="https://example.net/hook"):
        """As if somebody had set it at Telegram; an empty URL takes it away."""
        self.behave(telegram={"webhooks": {token: url}})

    def poll_elsewhere(self, *tokens):
        """From now on a poller on another host uses these tokens, and no others."""
        self.behave(telegram={"remote": list(tokens)})

    def leave_with_start(self):
        """The poller on the other host stops as soon as an agent here is started again, before its first poll."""
        self.behave(telegram={"until_start": True})

    def revoke(self, *tokens):
        """From now on these tokens are refused, and no others."""
        self.behave(telegram={"revoked": list(tokens)})

    def telegrams(self):
        return [record for record in self.requests("telegram") if record["path"].endswith("/sendMessage")]

    def _call(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data,
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())
