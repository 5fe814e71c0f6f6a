"""How the model is reached: settings, and the key, which comes from the environment or the keyring and stays in memory.

Not here: who asks the model. The key is in no settings file, because those are printed and sent in reports.
"""

from __future__ import annotations

import os
from typing import Final
from urllib.parse import urlsplit

from casework.agents.frames import ModelAccess
from casework.settings import Settings

VARIABLE: Final = "ANTHROPIC_API_KEY"
SERVICE: Final = "casework"
"""In the keyring; the user's name there is `anthropic`."""
_USER: Final = "anthropic"
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def find_access(settings: Settings) -> ModelAccess:
    """Give how the model is reached now; with `trouble` where it can't be. May block: a keyring asks its daemon."""
    key, place = find_key()
    return ModelAccess(
        base_url=settings.model_base_url.rstrip("/"),
        key=key,
        key_place=place,
        model=settings.model,
        window_tokens=settings.model_window_tokens,
        answer_tokens=settings.model_answer_tokens,
        timeout_s=settings.model_timeout_s,
        prices=settings.model_prices,
        run_turns=settings.run_turns,
        run_tokens=settings.run_tokens,
        run_dollars=settings.run_dollars,
        trouble=_trouble(settings.model_base_url, key),
    )


def find_key() -> tuple[str, str]:
    """Give the key and where it was found; empty when there is none."""
    key = os.environ.get(VARIABLE, "").strip()
    if key:
        return key, "environment"
    key = _from_keyring()
    return (key, "keyring") if key else ("", "")


def _from_keyring() -> str:
    try:
        import keyring  # type: ignore[import-not-found, unused-ignore]  # an extra: not everybody has a keyring

        return (keyring.get_password(SERVICE, _USER) or "").strip()
    except Exception:  # noqa: BLE001 - a keyring that is locked, broken or not there holds no key for us
        return ""


def _trouble(base_url: str, key: str) -> str:
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return f"The setting `model_base_url` is no address ({base_url[:100]!a}); the task waits until it is one."
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        return (
            f"The setting `model_base_url` would send the key to {parts.hostname} without encryption, so nothing is "
            "sent; the task waits until it begins with https."
        )
    if not key:
        return (
            f"There is no key for the model: set {VARIABLE} in the environment that starts the daemon, or keep one "
            f"with `keyring set {SERVICE} {_USER}`. The task waits and goes on by itself when there is one."
        )
    return ""
