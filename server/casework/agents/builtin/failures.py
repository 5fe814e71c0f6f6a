"""What it means when the model's service does not answer: try again, wait, or give up; each with a sentence.

Source of the kinds: the API's reference, "Errors". A sentence never repeats what a service wrote word for word: it may
hold anything, the key too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import anthropic

from casework.agents.frames import ModelAccess

Kind = Literal["again", "wait", "too_long", "give_up"]

_AGAIN: Final = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_LONGEST_RETRY_AFTER_S: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Failure:
    """What is to be done, and why."""

    kind: Kind
    what: str
    """What happened, as the beginning of a sentence."""
    after_s: float | None = None
    """What the service asks for."""


class CutOff(Exception):
    """A stream that ended before its answer did."""


def understood(error: Exception, access: ModelAccess) -> Failure:
    """Say what a failure means; one that nobody knows is the service's nonsense, and tried again."""
    match error:
        case anthropic.APIStatusError():
            return _status(error, access)
        case anthropic.APITimeoutError():
            return Failure("again", f"the model said nothing for {access.timeout_s:g} seconds")
        case anthropic.APIConnectionError():
            return Failure("again", f"the model can't be reached at {access.base_url}")
        case CutOff():
            return Failure("again", "the model's answer was cut off")
        case anthropic.APIError() | ValueError() | TypeError() | AttributeError() | KeyError() | IndexError():
            return Failure("again", f"what came from {access.base_url} is no answer of a model")
        case _ if type(error).__module__.startswith(("httpx", "httpcore", "anyio", "ssl", "socket")):
            return Failure("again", "the connection to the model was cut off")
        case OSError():
            return Failure("again", "the connection to the model was cut off")
        case _:
            return Failure("again", f"the request failed in a way nobody foresaw ({type(error).__name__})")


def _status(error: anthropic.APIStatusError, access: ModelAccess) -> Failure:
    code, kind = error.status_code, str(error.type or "")
    said = f"{error.api_message or ''}".lower()
    if kind == "billing_error" or code == 402 or "credit balance" in said:
        return Failure("wait", "the model's service says that its account has no credit left")
    if code == 401 or kind == "authentication_error":
        return Failure("wait", f"the model's service at {access.base_url} refused the key ({code})")
    if code == 403 or kind == "permission_error":
        return Failure(
            "wait", f"the model's service at {access.base_url} does not allow this key to use {access.model} ({code})"
        )
    if code == 404 or kind == "not_found_error":
        return Failure("wait", f"the model's service at {access.base_url} knows no model {access.model!r} ({code})")
    if code == 413 or kind == "request_too_large" or "prompt is too long" in said:
        return Failure("too_long", "the conversation is longer than the model takes")
    if code in _AGAIN or code >= 500 or kind in ("overloaded_error", "rate_limit_error", "api_error", "timeout_error"):
        named = {"overloaded_error": "overloaded", "rate_limit_error": "at its rate limit"}.get(kind, "failing")
        return Failure("again", f"the model is {named} ({kind or code})", _retry_after(error))
    if code in (400, 422):
        return Failure("give_up", f"the model's service at {access.base_url} does not take the request ({code})")
    return Failure("wait", f"the model's service at {access.base_url} answers with {code}")


def _retry_after(error: anthropic.APIStatusError) -> float | None:
    """Read `retry-after` (RFC 9110, section 10.2.3) in seconds; a date or nonsense counts as none."""
    try:
        seconds = float(error.response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return min(seconds, _LONGEST_RETRY_AFTER_S) if seconds >= 0 else None
