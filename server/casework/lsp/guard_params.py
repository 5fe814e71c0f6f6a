"""Params of LSP methods, turned into lsprotocol's records once and strictly, with reasons when they do not fit.

The one converter of the process is here: building one costs more than a connection. It takes no number for a string
and no list for an object, as cattrs would.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import attrs
from cattrs import Converter, transform_error
from cattrs.cols import homogenous_tuple_structure_factory, is_sequence
from cattrs.gen import make_dict_structure_fn, override
from lsprotocol import converters, types

_REASONS_SHOWN: Final = 8
_REASON_LENGTH: Final = 200

REQUESTS: Final = frozenset(method for method, record in types.METHOD_TO_TYPES.items() if record[1] is not None)
"""The LSP methods that are requests; those of `METHOD_TO_TYPES` that are not here are notifications."""


class InvalidParams(Exception):
    """The params of a message do not fit its method; `reasons` name the places."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


def build_converter() -> Converter:
    """lsprotocol's converter, strict about JSON's own types."""
    converter = Converter()
    for kind in (str, int, bool, float):
        converter.register_structure_hook(kind, _strict(kind))
    converters.get_converter(converter)
    converter.register_structure_hook_factory(attrs.has, _object_only)
    converter.register_structure_hook_factory(is_sequence, _array_only)
    return converter


def structure_params(method: str, params: object) -> object:
    """The record for `params` of an LSP method; for a method that LSP does not know, `params` as it came.

    Raises `InvalidParams`.
    """
    known = types.METHOD_TO_TYPES.get(method)
    if known is None:
        if params is not None and not isinstance(params, dict | list):
            raise InvalidParams(["params is neither an object nor an array"])
        return params
    record: Any = known[2]
    if record is None:
        return None
    try:
        return CONVERTER.structure(params, record)
    except Exception as error:
        raise InvalidParams(_reasons_of(error)) from error


def _strict(kind: type) -> Callable[[Any, Any], Any]:
    def exact(value: Any, _: Any) -> Any:
        if value.__class__ is kind:
            return value
        if kind is float and value.__class__ is int:
            return value
        if kind is int and value.__class__ is float and value.is_integer():
            return int(value)
        raise TypeError(f"expected {_JSON_NAMES[kind]}")

    return exact


_JSON_NAMES: Final = {str: "a string", int: "an integer", bool: "true or false", float: "a number"}


def _object_only(record: type, converter: Converter) -> Callable[[Any, Any], Any]:
    """cattrs asks a list or a string for its keys, and finds that all of them are missing or optional."""
    names = {field.name: override(rename=_wire_name(field.name)) for field in attrs.fields(record)}
    inner: Callable[[Any, Any], Any] = make_dict_structure_fn(record, converter, **names)  # type: ignore[arg-type]

    def structure(value: Any, kind: Any) -> Any:
        if value.__class__ is not dict:
            raise TypeError("expected an object")
        return inner(value, kind)

    return structure


def _array_only(kind: type, converter: Converter) -> Callable[[Any, Any], Any]:
    """cattrs takes a string for a sequence of its characters, and an object for its keys."""
    inner = homogenous_tuple_structure_factory(kind, converter)

    def structure(value: Any, kind: Any) -> Any:
        if value.__class__ is not list:
            raise TypeError("expected an array")
        return inner(value, kind)

    return structure


def _wire_name(name: str) -> str:
    """`text_document` is `textDocument` on the wire; `from_` is `from`."""
    first, *rest = name.removesuffix("_").split("_")
    return first + "".join(part.title() for part in rest)


def _reasons_of(error: Exception) -> list[str]:
    try:
        reasons = transform_error(error, path="params")
    except RecursionError:
        reasons = ["params is nested too deeply"]
    return [_camel(reason)[:_REASON_LENGTH] for reason in reasons[:_REASONS_SHOWN]]


def _camel(reason: str) -> str:
    """lsprotocol's names as they stand on the wire."""
    return re.sub(r"(?<=[a-z])_([a-z])", lambda found: found[1].upper(), reason)


CONVERTER: Final = build_converter()
