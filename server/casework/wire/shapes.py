"""What the models of the wire mean, free of Python: records, their fields, and the shapes of what stands in them.

`casework.wire.generate` needs it in a checkout; nothing imports it at run time. Not here: how a shape is written in a
language (`dialects`).
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, NewType, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, RootModel
from pydantic.fields import FieldInfo

from casework.wire.methods import Method, Notification


class CannotSay(TypeError):
    """A model of the wire uses a type that has no counterpart in JSON."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """One plain value."""

    name: Literal["string", "integer", "number", "boolean", "null", "unknown"]


@dataclass(frozen=True, slots=True)
class Values:
    """One of a few known values."""

    values: tuple[str | int | bool, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A record, or a set of values that has a name."""

    name: str


@dataclass(frozen=True, slots=True)
class ListOf:
    """Any number of one shape."""

    item: Shape


@dataclass(frozen=True, slots=True)
class TupleOf:
    """A fixed number of shapes."""

    items: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object whose keys are data."""

    value: Shape


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several shapes."""

    options: tuple[Shape, ...]


Shape: TypeAlias = Scalar | Values | Named | ListOf | TupleOf | MapOf | OneOf

NULL: Final = Scalar("null")
_SCALARS: Final[Mapping[object, Scalar]] = {
    str: Scalar("string"),
    datetime: Scalar("string"),
    bool: Scalar("boolean"),
    int: Scalar("integer"),
    float: Scalar("number"),
    NoneType: NULL,
    object: Scalar("unknown"),
    Any: Scalar("unknown"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record."""

    name: str
    shape: Shape
    may_be_left_out: bool
    """The sender may leave it out. Whoever receives a record always finds every field."""
    default: str
    """As JSON; empty where there is none."""
    limits: tuple[str, ...]
    doc: str


@dataclass(frozen=True, slots=True)
class Record:
    """One model: its own fields, and the record it extends."""

    name: str
    extends: str | None
    fields: tuple[Field, ...]
    doc: str


@dataclass(slots=True)
class Protocol:
    """All that can be said on the wire, in the order in which it is first needed."""

    methods: Sequence[Method]
    notifications: Sequence[Notification]
    values: dict[str, Values] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)

    def all_fields(self, name: str) -> tuple[Field, ...]:
        """The fields of a record, those of the records it extends first."""
        record = self.records[name]
        return (self.all_fields(record.extends) if record.extends else ()) + record.fields


def read_protocol(methods: Sequence[Method], notifications: Sequence[Notification]) -> Protocol:
    """Read every model that the methods and notifications reach.

    Raises:
        CannotSay: a field has a type without a counterpart in JSON, or two models share a name.
    """
    protocol = Protocol(methods, notifications)
    sent = _reached([method.params for method in methods])
    received = _reached([*(method.result for method in methods), *(notice.params for notice in notifications)])
    names: dict[str, type] = {}
    for model in [*sent, *received]:
        if names.setdefault(model.__name__, model) is not model:
            raise CannotSay(f"Two models are called {model.__name__}; the other languages need one name for each.")
    for model in names.values():
        only_sent = model in sent and model not in received
        protocol.records[model.__name__] = _Reader(protocol, model).record(only_sent)
    return protocol


def fields_of(model: type[BaseModel]) -> tuple[Field, ...]:
    """Read one model that stands alone.

    Raises:
        CannotSay: a field has a type without a counterpart in JSON.
    """
    return _Reader(Protocol((), ()), model).record(only_sent=True).fields


def _reached(models: Sequence[type[BaseModel]]) -> dict[type[BaseModel], None]:
    """Every model that stands in `models`, in a field of theirs, or above them; each after what it needs."""
    found: dict[type[BaseModel], None] = {}

    def reach(model: type[BaseModel]) -> None:
        if model in found:
            return
        if parent := _parent(model):
            reach(parent)
        for inner in model.model_fields.values():
            for inside in _models_in(inner.annotation):
                if inside is not model:
                    reach(inside)
        found[model] = None

    for model in models:
        reach(model)
    return found


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


def _parent(model: type[BaseModel]) -> type[BaseModel] | None:
    """The model that `model` extends, if that one has fields of its own."""
    for parent in model.__mro__[1:]:
        if issubclass(parent, BaseModel) and parent.model_fields:
            return parent
    return None


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one model into a record."""

    protocol: Protocol
    model: type[BaseModel]

    def record(self, only_sent: bool) -> Record:
        if self.model.model_computed_fields or issubclass(self.model, RootModel):
            raise CannotSay(f"{self.model.__name__} is more than its fields; the other languages would not know it.")
        parent = _parent(self.model)
        inherited: AbstractSet[str] = parent.model_fields.keys() if parent else set()
        docs = _field_docs(self.model)
        return Record(
            name=self.model.__name__,
            extends=parent.__name__ if parent else None,
            fields=tuple(
                Field(
                    name=info.serialization_alias or info.alias or name,
                    shape=self.shape(info.annotation),
                    may_be_left_out=only_sent and not info.is_required(),
                    default=_default(info),
                    limits=tuple(_limits(info.metadata)),
                    doc=info.description or docs.get(name, ""),
                )
                for name, info in self.model.model_fields.items()
                if name not in inherited or name in self.model.__annotations__
            ),
            doc=inspect.getdoc(self.model) or "",
        )

    def shape(self, annotation: object) -> Shape:
        origin, inside = get_origin(annotation), get_args(annotation)
        if isinstance(annotation, NewType):
            return self.shape(annotation.__supertype__)
        if origin is Annotated:
            return self.shape(inside[0])
        if annotation in _SCALARS:
            return _SCALARS[annotation]
        if origin is Literal:
            return self._values(tuple(inside), self._name_of(annotation))
        if origin in (Union, UnionType):
            return _one_of([self.shape(option) for option in inside])
        if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
            return Named(annotation.__name__)
        if inspect.isclass(annotation) and issubclass(annotation, Enum):
            return self._values(tuple(member.value for member in annotation), annotation.__name__)
        if inspect.isclass(origin):
            return self._container(origin, inside)
        raise CannotSay(f"{self.model.__name__}: {annotation!r} has no counterpart in JSON.")

    def _container(self, origin: type, inside: tuple[object, ...]) -> Shape:
        if issubclass(origin, Mapping) and len(inside) == 2 and self.shape(inside[0]) == Scalar("string"):
            return MapOf(self.shape(inside[1]))
        if issubclass(origin, tuple) and inside[-1] is not Ellipsis:
            return TupleOf(tuple(self.shape(item) for item in inside))
        if issubclass(origin, Sequence | AbstractSet):
            return ListOf(self.shape(inside[0]))
        raise CannotSay(f"{self.model.__name__}: {origin.__name__} of {inside!r} has no counterpart in JSON.")

    def _values(self, values: tuple[str | int | bool, ...], name: str | None) -> Shape:
        if name is None:
            return Values(values)
        if self.protocol.values.setdefault(name, Values(values)) != Values(values):
            raise CannotSay(f"Two sets of values are called {name}; the other languages need one name for each.")
        return Named(name)

    def _name_of(self, literal: object) -> str | None:
        """The name under which the model's module, or that of a parent, knows a set of values."""
        for owner in self.model.__mro__:
            for name, known in vars(sys.modules[owner.__module__]).items():
                if get_origin(known) is Literal and get_args(known) == get_args(literal):
                    return name
        return None


def _one_of(options: list[Shape]) -> Shape:
    """Join options, `null` last, nested choices opened."""
    opened: dict[Shape, None] = {}
    for option in options:
        opened.update(dict.fromkeys(option.options if isinstance(option, OneOf) else (option,)))
    if NULL in opened:
        del opened[NULL]
        opened[NULL] = None
    return OneOf(tuple(opened)) if len(opened) > 1 else next(iter(opened))


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return ""
    value = info.get_default(call_default_factory=True, validated_data={})
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case int() | float():
            return str(value)
        case list() | tuple() | set() | frozenset() if not value:
            return "[]"
        case dict() if not value:
            return "{}"
        case _:
            raise CannotSay(f"The default {value!r} is not plain enough to be written down in another language.")


def _limits(metadata: Sequence[object]) -> Iterator[str]:
    words = {
        "ge": "at least {}",
        "gt": "more than {}",
        "le": "at most {}",
        "lt": "less than {}",
        "min_length": "{} or longer",
        "max_length": "no longer than {}",
        "pattern": "matches `{}`",
    }
    for rule in metadata:
        for name, sentence in words.items():
            if (bound := getattr(rule, name, None)) is not None:
                yield sentence.format(f"{bound:,}" if isinstance(bound, int) else bound)


def _field_docs(model: type[BaseModel]) -> dict[str, str]:
    """The string that stands below a field, as pydantic's `use_attribute_docstrings` would read it."""
    body = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    assert isinstance(body, ast.ClassDef)
    found = {}
    for statement, after in zip(body.body, body.body[1:], strict=False):
        match statement, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = inspect.cleandoc(text)
            case _:
                pass
    return found
