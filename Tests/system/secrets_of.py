"""The secrets of an agent, and the search for them where they do not belong."""
import base64
import json
from urllib.parse import quote

from agents import bot_token
from expect import Failure


def of(agent):
    """Its values, by name: of its unit's environment, and of its present config."""
    config = json.loads(agent.config.read_text())
    return {"the bot token of the unit": bot_token(agent.name),
            "the bot token of the config": config["channels"]["telegram"]["botToken"],
            "the gateway's own token": config["gateway"]["auth"]["token"]}


def search(secrets, **places):
    """Fails where one of the texts holds a secret in any form that can be turned back."""
    for place, text in places.items():
        text = text if isinstance(text, str) else json.dumps(text)
        for name, value in secrets.items():
            raw = value.encode()
            forms = {value, quote(value, safe=""), raw.hex(), base64.b64encode(raw).decode().rstrip("=")}
            for form in forms:
                if form in text:
                    raise Failure(f"{name} stands in {place.replace('_', ' ')}: "
                                  f"…{text[max(0, text.index(form) - 60):][:200]}…")
