"""Secrets leave a text before it is hashed, recorded, sent or logged. Pure; what a secret is says secret_rules.py.

Of an event the free texts are redacted: those that somebody wrote, which is every `str` with a greatest length
(`Short`, `Sentence`, `Field(max_length=...)`) but those in `_NAMES`, and those in `_ALSO_FREE`. Names, paths, hashes
and closed choices must stay what they are. A test lists both sides, so that a new field is looked at once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import UnionType
from typing import Annotated, Any, Final, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from casework.domain.secret_rules import RULES, replacement, without_jwts, without_private_keys

EventT = TypeVar("EventT", bound=BaseModel)
_Redactor = Callable[[Any], Any]

_ALSO_FREE: Final = frozenset({("Spec", "checks")})
"""(model, field) of tuples of texts without a greatest length of their own: a command line may carry a token."""
_NAMES: Final = frozenset(
    {
        ("ChecksBegun", "part"),
        ("LandingUndone", "kept_aside"),
        ("ReviewAnswered", "branch"),
        ("ReviewOpened", "range_text"),
        ("RunStarted", "agent"),
        ("TaskQueued", "agent"),
    }
)
"""(model, field) of texts with a greatest length that are names and paths."""
_WORTH_A_LOOK: Final = tuple({needle.lower() for rule in RULES for needle in rule.needles} | {"eyj", "private key"})


def redact(text: str) -> str:
    """Give `text` with every secret replaced by a marker; as many lines as before. Without secrets it is unchanged."""
    lowered = text.lower()
    for needle in _WORTH_A_LOOK:  # most texts end here, so this is a bare loop
        if needle in lowered:
            break
    else:
        return text
    if "PRIVATE KEY" in text:
        text = without_private_keys(text)
    if "eyJ" in text:
        text = without_jwts(text)
    for rule in RULES:
        where = lowered if rule.any_case else text
        if any(needle in where for needle in rule.needles):
            text = rule.pattern.sub(replacement(rule), text)
    return text


def redact_bytes(content: bytes) -> bytes:
    """Do the same to bytes of any encoding that has ASCII in it; bytes that are not ASCII stay as they are."""
    return redact(content.decode("latin-1")).encode("latin-1")


def redact_event(event: EventT) -> EventT:
    """Give the event with every free text redacted; the very same object when there was nothing to take out.

    A text that grew over its greatest length by the marker is cut to it.
    """
    changes = {}
    for name, redactor in _plan(type(event)):
        before = getattr(event, name)
        if before:
            after = redactor(before)
            if after is not before:
                changes[name] = after
    return event.model_copy(update=changes) if changes else event


def free_texts(model: type[BaseModel]) -> list[str]:
    """Give the names of the model's fields that hold free text, at any depth, as `field` or `field.field`."""
    return [path for path, free in _texts(model) if free]


def fixed_texts(model: type[BaseModel]) -> list[str]:
    """Give the names of the model's fields that hold a `str` which is never redacted."""
    return [path for path, free in _texts(model) if not free]


@cache
def _plan(model: type[BaseModel]) -> tuple[tuple[str, _Redactor], ...]:
    found = ((name, _redactor(model, name, field)) for name, field in model.model_fields.items())
    return tuple((name, redactor) for name, redactor in found if redactor is not None)


def _redactor(model: type[BaseModel], name: str, field: FieldInfo) -> _Redactor | None:
    if (model.__name__, name) in _ALSO_FREE:
        return _each(redact)
    if (model.__name__, name) in _NAMES:
        return None
    return _redactor_of(field.annotation, field.metadata)


def _redactor_of(annotation: Any, metadata: list[Any]) -> _Redactor | None:
    """Give what redacts a value of this type; None where it holds no free text."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        return _redactor_of(inner, [item for part in more for item in getattr(part, "metadata", [part])])
    if annotation is str:
        limit = next((item.max_length for item in metadata if hasattr(item, "max_length")), None)
        return None if limit is None else _within(limit)
    if origin in (Union, UnionType):
        return next(filter(None, (_redactor_of(choice, metadata) for choice in get_args(annotation))), None)
    if origin is tuple:
        inside = _redactor_of(get_args(annotation)[0], [])
        return inside and _each(inside)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and _plan(annotation):
        return redact_event
    return None


def _within(limit: int) -> _Redactor:
    def redacted(text: str) -> str:
        after = redact(text)
        return text if after == text else after[:limit]

    return redacted


def _each(redactor: _Redactor) -> _Redactor:
    def redacted(values: tuple[Any, ...]) -> tuple[Any, ...]:
        after = tuple(redactor(value) for value in values)
        return values if after == values else after

    return redacted


def _texts(model: type[BaseModel]) -> list[tuple[str, bool]]:
    found: list[tuple[str, bool]] = []
    for name, field in model.model_fields.items():
        inside = _models_in(field.annotation)
        if inside:
            found += [(f"{name}.{path}", free) for nested in inside for path, free in _texts(nested)]
        elif _holds_str(field.annotation):
            found.append((name, _redactor(model, name, field) is not None))
    return found


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _holds_str(annotation: Any) -> bool:
    return annotation is str or any(_holds_str(part) for part in get_args(annotation))
