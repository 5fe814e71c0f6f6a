"""The repository that the stories in the editor are about: a small shop whose checkout takes expired cards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from tests.repositories import Repository

CHARGE: Final = '''"""Charging cards."""

from datetime import date

from pay.vault import vault


def today() -> date:
    return date.today()


def charge(card, amount):
    token = vault.get(card)
    return send(token, amount)


def refund(card, amount):
    token = vault.get(card)
    return send(token, -amount)


def send(token, amount):
    if amount == 0:
        return None
    return {"token": token, "amount": amount}
'''
VAULT: Final = '''"""Where tokens of cards are kept."""

import logging

log = logging.getLogger(__name__)


class Vault:
    def __init__(self):
        self.tokens = {}

    def get(self, card):
        token = self.tokens[card.number]
        log.debug("token %s", token)
        return token


vault = Vault()
'''
COMMENT: Final = (
    "Expired cards reached the gateway and came back as a generic 402. They are refused before the vault is read, "
    "so no token is fetched for them."
)


def edit(path: str, old: str, new: str) -> dict[str, str]:
    """Give a step that replaces a text."""
    return {"do": "edit", "path": path, "old": old, "new": new}


REFUSE: Final = (
    "def charge(card, amount):\n",
    "def charge(card, amount):\n    if card.expired(today()):\n        raise CardExpired(card.last4)\n",
)
SCRIPT: Final[dict[str, Any]] = {
    "runs": [
        {
            "steps": [
                {"do": "plan", "items": ["refuse expired cards before the vault is read"]},
                edit("pay/charge.py", *REFUSE),
                edit(
                    "pay/charge.py",
                    "    if amount == 0:\n        return None\n",
                    "    if not amount:\n        return None\n",
                ),
                {
                    "do": "write",
                    "path": "pay/errors.py",
                    "content": "class CardExpired(Exception):\n    pass\n",
                },
                {
                    "do": "follow-up",
                    "kind": "security-review",
                    "severity": "high",
                    "title": "Token is logged at debug level",
                    "why": "The vault writes every token it gives out into the log.",
                    "path": "pay/vault.py",
                    "line": 14,
                    "snippet": '        log.debug("token %s", token)',
                },
                {"do": "finish", "comment": COMMENT},
            ]
        },
        {
            "steps": [
                edit("pay/charge.py", "    if not amount:\n", "    if amount == 0:\n"),
                edit(
                    "pay/charge.py",
                    "from pay.vault import vault\n",
                    "from pay.errors import CardExpired\nfrom pay.vault import vault\n",
                ),
                {
                    "do": "finish",
                    "comment": COMMENT + "\n\nThe error is imported now; the check for zero is as it was.",
                },
            ]
        },
    ]
}


def shop(folder: Path) -> Repository:
    """Make the repository."""
    repository = Repository.new(folder)
    repository.commit(
        "A shop",
        {
            "pay/__init__.py": "",
            "pay/charge.py": CHARGE,
            "pay/vault.py": VAULT,
            "scripts/expired.casework.json": json.dumps(SCRIPT, indent=2) + "\n",
        },
    )
    return repository
