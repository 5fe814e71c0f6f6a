"""The repository and the script that the stories are told with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from tests.repositories import Repository

CHARGE: Final = "def charge(card, amount):\n    token = vault.get(card)\n    return gateway.pay(token, amount)\n"
VAULT: Final = "".join(f"# line {n}\n" for n in range(1, 30)) + "log.debug('token %s', token)\n"

SCRIPT: Final[dict[str, Any]] = {
    "runs": [
        {
            "steps": [
                {
                    "do": "edit",
                    "path": "pay/charge.py",
                    "old": "    token = vault",
                    "new": "    if card.expired(today()):\n        raise CardExpired(card)\n    token = vault",
                },
                {"do": "write", "path": "pay/errors.py", "content": "class CardExpired(Exception):\n    pass\n"},
                {
                    "do": "follow-up",
                    "kind": "security-review",
                    "title": "Token is logged at debug level",
                    "why": "Debug logs are shipped.",
                    "path": "pay/vault.py",
                    "line": 30,
                    "snippet": "log.debug('token %s', token)",
                    "severity": "high",
                },
                {"do": "finish", "comment": "Expired cards reached the gateway. Refused before the vault is read."},
            ]
        },
        {
            "steps": [
                {
                    "do": "edit",
                    "path": "pay/charge.py",
                    "old": "CardExpired(card)",
                    "new": "CardExpired(card.last4)",
                },
                {"do": "finish", "comment": "The message names the last four digits now."},
            ]
        },
    ]
}


def shop(folder: Path) -> Repository:
    """Make the shop."""
    repository = Repository.new(folder)
    repository.commit("first", {"pay/charge.py": CHARGE, "pay/vault.py": VAULT, "README.md": "# Shop\n"})
    return repository


def script() -> str:
    """Give the scripted agent's two runs as JSON."""
    return json.dumps(SCRIPT)
