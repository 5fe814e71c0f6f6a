"""Evaluates expressions in a module's names and says what came out: one version of the code, one process.

Started with the path of an order and the path to answer to. Every expression has a bounded time; what is not the same
twice in a row is said to be unsteady.
"""

from __future__ import annotations

import ast
import importlib
import itertools
import json
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MOST_ITEMS = 40
_EACH_S = 0.25


class TooLong(BaseException):
    """An expression took too long."""


def _late(_number: int, _frame: object) -> None:
    raise TooLong


def look(expression: str, names: dict[str, Any], module: str) -> dict[str, Any]:
    """Evaluate once."""
    signal.setitimer(signal.ITIMER_REAL, _EACH_S)
    try:
        value = eval(expression, dict(names))  # noqa: S307 - that is what this process is for
        wrapped = isinstance(value, Iterator)
        if wrapped:
            items = list(itertools.islice(value, MOST_ITEMS + 1))
            if len(items) > MOST_ITEMS:
                return {"kind": "odd", "text": "endless"}
            value = items
        return described(value, module) | {"wrapped": wrapped}
    except TooLong:
        return {"kind": "odd", "text": "slow"}
    except BaseException as error:  # noqa: BLE001 - whatever the project raises is what we look for
        return {"kind": "raised", "type": type(error).__name__, "home": type(error).__module__, "text": str(error)}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def described(value: Any, module: str) -> dict[str, Any]:
    """Say what a value is, in words that can be compared and written into a test."""
    text = repr(value)
    if len(text) > 2000 or " at 0x" in text:
        return {"kind": "odd", "text": type(value).__name__}
    try:
        again = ast.literal_eval(text)
        if type(again) is type(value) and again == value:
            return {"kind": "literal", "text": text}
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        pass
    own = type(value).__module__.partition(".")[0] == module.partition(".")[0]
    return {"kind": "shown" if own else "odd", "text": text}


def main(order_path: str, out_path: str) -> None:
    """Answer an order."""
    with Path(order_path).open(encoding="utf-8") as file:
        order = json.load(file)
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, _late)
    sys.stdin.close()
    with Path(os.devnull).open("w", encoding="utf-8") as nothing:
        sys.stdout = nothing
        module = importlib.import_module(order["module"])
        names = dict(vars(module))
        where = os.path.realpath(getattr(module, "__file__", "") or "")
        with Path(out_path).open("w", encoding="utf-8") as out:
            out.write(json.dumps({"imported": where == os.path.realpath(order["path"])}) + "\n")
            for expression in order["expressions"]:
                first = look(expression, names, order["module"])
                second = look(expression, names, order["module"])
                out.write(json.dumps(first if first == second else {"kind": "odd", "text": "unsteady"}) + "\n")
                out.flush()


if __name__ == "__main__":
    main(*sys.argv[1:3])
