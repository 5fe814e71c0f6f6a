"""The shop of the story in which an agent changes how one signs in, and forgets the tests; told in every editor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from tests.repositories import Repository

AUTH: Final = '''"""Who may come in."""

import hashlib


def hashed(password, salt):
    return hashlib.sha256((salt + password).encode()).hexdigest()


def sign_in(users, name, password):
    user = users.get(name)
    if user is None:
        return None
    if hashed(password, user.salt) == user.hashed:
        return user
    return None


def sign_out(session):
    session.clear()
'''
CART: Final = '''"""What is bought."""


def total(items):
    return sum(item.price for item in items)
'''
TEST: Final = """from shop.cart import total


def test_nothing_costs_nothing():
    assert total([]) == 0
"""
COMMENT: Final = (
    "A name that nobody has took less time to refuse than a wrong password, so names could be guessed. "
    "Both are hashed now before anything is said."
)
STEPS: Final[list[dict[str, Any]]] = [
    {"do": "plan", "items": ["hash before looking whether the user is there"]},
    {
        "do": "edit",
        "path": "shop/auth.py",
        "old": "    if user is None:\n        return None\n    if hashed(password, user.salt) == user.hashed:\n"
        "        return user\n    return None\n",
        "new": "    salt = user.salt if user is not None else NOBODY\n    given = hashed(password, salt)\n"
        "    if user is not None and given == user.hashed:\n        return user\n    return None\n",
    },
    {
        "do": "edit",
        "path": "shop/auth.py",
        "old": "import hashlib\n",
        "new": 'import hashlib\n\nNOBODY = "0" * 16\n',
    },
    {
        "do": "follow-up",
        "kind": "security-review",
        "severity": "high",
        "title": "Hashes are compared in a time that tells",
        "why": "`==` stops at the first letter that differs; hmac.compare_digest does not.",
        "path": "shop/auth.py",
        "line": 16,
        "snippet": "    if user is not None and given == user.hashed:",
    },
    {"do": "finish", "comment": COMMENT},
]
SECURITY: Final = "2 Hashes are compared in a time that tells (security-review, high, found in 1)"
TESTS: Final = "3 Cover sign_in in shop/auth.py (missing-tests, found in 1)"
HEAD: Final = "What shop/auth.py must do; each case fails until somebody writes it."
SKELETON: Final = f'''"""{HEAD}"""

import pytest


def test_sign_in():
    from shop.auth import sign_in

    assert callable(sign_in)
    pytest.fail("not written yet: sign_in(users, name, password)")
'''


def shop(folder: Path) -> Repository:
    """Make it: a package, one test, and a configuration that lets tests import the package."""
    made = Repository.new(folder)
    made.commit(
        "A shop",
        {
            "shop/__init__.py": "",
            "shop/auth.py": AUTH,
            "shop/cart.py": CART,
            "tests/test_cart.py": TEST,
            "pytest.ini": "[pytest]\npythonpath = .\n",
            ".gitignore": "__pycache__/\n.pytest_cache/\n",
            "scripts/sign-in.casework.json": script() + "\n",
        },
    )
    return made


def script() -> str:
    """Give what the scripted agent plays."""
    return json.dumps({"steps": STEPS}, indent=2)
