"""How a method of ours is served: parameters parsed once, a typed handler, a typed answer.

A handler that raises `Refused` or `Trouble` is answered with the sentence and its code; parameters that do not fit with
-32602 and the reasons; anything else is a bug, logged, and answered as one (protocol.py). The same handlers serve the
`casework/...` methods, `workspace/executeCommand` and the shell.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError
from pygls.exceptions import JsonRpcInvalidParams

from casework.lsp.protocol import Encoded
from casework.lsp.session import Session
from casework.wire.methods import BY_NAME, Method
from casework.wire.requests import Params

P = TypeVar("P", bound=Params)
R = TypeVar("R", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method with what serves it."""

    method: Method
    serve: Callable[[Session, Any], Awaitable[BaseModel]]

    async def answer(self, session: Session, raw: object) -> BaseModel:
        """Parse, serve, and give the answer.

        Raises:
            JsonRpcInvalidParams: the parameters do not fit, with the reasons.
            Refused, Trouble: as the handler says.
        """
        return await self.serve(session, parse(self.method, raw))


def encoded(answer: BaseModel) -> Encoded:
    """Give an answer as JSON, made in one go."""
    try:
        return Encoded(answer.model_dump_json())
    except PydanticSerializationError:  # a lone surrogate, which only an escape carries
        return Encoded(json.dumps(answer.model_dump(mode="json")))


ENDPOINTS: Final[dict[str, Endpoint]] = {}
"""Every served method by its name; a test holds it together with `wire.methods`."""


def endpoint(
    name: str, params: type[P], result: type[R]
) -> Callable[[Callable[[Session, P], Awaitable[R]]], Callable[[Session, P], Awaitable[R]]]:
    """Serve the method `name` of the table with the decorated function."""
    method = BY_NAME[name]
    if (method.params, method.result) != (params, result):
        raise TypeError(f"{name}: the table says {method.params} and {method.result}")

    def register(serve: Callable[[Session, P], Awaitable[R]]) -> Callable[[Session, P], Awaitable[R]]:
        ENDPOINTS[name] = Endpoint(method, serve)
        return serve

    return register


def parse(method: Method, raw: object) -> Params:
    """Give the parameters of a method.

    Raises:
        JsonRpcInvalidParams: they do not fit; the message names each field and what is wrong with it.
    """
    try:
        return method.params.model_validate({} if raw is None else raw)
    except ValidationError as wrong:
        reasons = [
            f"{'.'.join(str(part) for part in error['loc']) or 'params'}: {error['msg']}" for error in wrong.errors()
        ]
        raise JsonRpcInvalidParams(f"{method.name} can't be done: {'; '.join(reasons[:8])}.") from wrong
