"""How tests are written in a file that has some, and the file with one more, written the same way."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from casework.code.python.scripts import IT, Script, bound, variable
from casework.code.python.source import Source, read_source

Way = Literal["function", "class", "unittest"]
LONGEST_LINE: Final = 100


@dataclass(frozen=True, slots=True)
class Style:
    """How tests look in one file."""

    way: Way
    holder: ast.ClassDef | None
    """The class a test is put into."""
    indent: str
    annotated: bool
    quote: str
    newline: str


@dataclass(frozen=True, slots=True)
class NewTest:
    """What is to be tested."""

    script: Script
    form: str
    """What is looked at: `{}` is the value, `IT` the object, `out` what is printed, `warned` what is warned of."""
    root: str
    """The function or class it is about."""
    stem: str
    """What the test's name says behind `test_`."""
    expected: str
    """Source of a value; empty where it raises."""
    raises: tuple[str, str] = ("", "")
    """Name and module of the exception or warning."""
    message: str = ""
    """The whole message, where that is what differs."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file with a test more."""

    content: bytes
    test: str
    """Its id behind the file's path: `test_a`, `TestB::test_a`."""
    lines: str
    """The test itself."""


def read_style(source: Source, words: Iterable[str]) -> Style:
    """Read how tests are written; the class that names most of `words` is the one a new one belongs to."""
    text, wanted = source.text, set(words)
    plain = [node for node in source.tree.body if _is_test(node)]
    holders = [node for node in source.tree.body if isinstance(node, ast.ClassDef) and any(map(_is_test, node.body))]
    inside = [node for holder in holders for node in holder.body if _is_test(node)]
    holder = None
    if len(inside) > len(plain):
        holder = max(holders, key=lambda node: len(wanted & set(re.findall(r"\w+", ast.unparse(node)))))
    way: Way = "function" if holder is None else "unittest" if _is_unittest(holder) else "class"
    tests = inside or plain
    annotated = sum(getattr(node, "returns", None) is not None for node in tests) * 2 > len(tests)
    bodies = [node.body[0].col_offset for node in plain if isinstance(node, ast.FunctionDef)]
    tab = re.search(r"^\t", text, re.MULTILINE) is not None
    indent = "\t" if tab else " " * (bodies[0] if bodies else 4)
    bare = text.replace('"""', "").replace("'''", "")
    quote = '"' if bare.count('"') > bare.count("'") else "'"
    return Style(way, holder, indent, annotated, quote, "\r\n" if "\r\n" in text else "\n")


def _is_test(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")


def _is_unittest(node: ast.ClassDef) -> bool:
    return any("TestCase" in ast.unparse(base) for base in node.bases) or "self.assert" in ast.unparse(node)


def add_test(data: bytes, new: NewTest) -> Written | None:
    """Write one test more into a file; every byte that stands there stays. None where that can't be done well."""
    source = read_source(data)
    if isinstance(source, str):
        return None
    style = read_style(source, [*re.findall(r"\w+", new.script.text), new.root])
    if style.way == "unittest" and new.form in ("out", "warned"):
        return None
    if new.message and not _pins_messages(source):
        return None
    imports: list[str] = []

    def named(text: str) -> str:
        return bound(text, lambda module, name: _bound(source, module, name, imports))

    raised = new.raises[0]
    if raised and new.raises[1] != "builtins":
        raised = _bound(source, new.raises[1], raised, imports)
    if raised and style.way != "unittest":
        _bound_module(source, "pytest", imports)
    name = _free_name(source, new.stem)
    body = _body(style, new, named, raised)
    if any(len(line) > 200 for line in body):
        return None
    lines = _function(style, name, body, "capsys" if new.form == "out" else "")
    text = _inserted(source, style, lines)
    text = _with_imports(text, source, sorted(imports, key=lambda line: not line.startswith("import ")))
    test = f"{style.holder.name}::{name}" if style.holder is not None else name
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    content = text.replace("\r\n", "\n").replace("\n", style.newline) if style.newline == "\r\n" else text
    return Written(content.encode(encoding), test, "\n".join(lines))


def _pins_messages(source: Source) -> bool:
    """Tell whether tests here say what a message is; elsewhere one that does would be a stranger."""
    return re.search(r"match=|assertRaisesRegex|\.value\)|\.exception\)|\.value\.args", source.text) is not None


def _bound(source: Source, module: str, name: str, imports: list[str]) -> str:
    """Say how the file names something, and note the import it lacks."""
    package = module.partition(".")[0]
    home = module
    for node in source.tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for alias in node.names:
                if alias.name == name and node.module.partition(".")[0] == package:
                    return alias.asname or alias.name
            if module == node.module or (module.startswith(node.module + ".") and len(node.names) > 1):
                home = module
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
                known = alias.asname or alias.name
                if whole == module or (
                    whole.partition(".")[0] == package and re.search(rf"\b{known}\.{name}\b", source.text)
                ):
                    return f"{known}.{name}"
    imports.append(f"from {home} import {name}")
    return name


def _bound_module(source: Source, name: str, imports: list[str]) -> None:
    for node in source.tree.body:
        if isinstance(node, ast.Import) and any((alias.asname or alias.name) == name for alias in node.names):
            return
    imports.append(f"import {name}")


def _free_name(source: Source, stem: str) -> str:
    taken = {node.name for node in ast.walk(source.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    name = f"test_{stem}"
    at = 2
    while name in taken:
        name, at = f"test_{stem}_{at}", at + 1
    return name


def _body(style: Style, new: NewTest, named: Callable[[str], str], raised: str) -> list[str]:
    it = variable(new.root)

    def spell(text: str) -> str:
        return requoted(named(text).replace(IT, it), style.quote)

    setup, act = list(new.script.setup), new.script.expression
    if len(setup) == 1 and act.count(IT) == 1 and IT not in new.form and not new.script.is_statement:
        act, setup = act.replace(IT, _in_brackets(setup[0].partition(" = ")[2], act)), []
    lines = [spell(line) for line in setup]
    inner = style.indent if style.holder is None or style.indent == "\t" else " " * 4
    if raised:
        return [*lines, f"with {_expects(style, new, raised)}:", f"{inner}{spell(act)}"]
    expected = spell(new.expected)
    if new.form == "out":
        return [*lines, spell(act), *_compared(style, "capsys.readouterr().out", expected, inner)]
    if "{}" in new.form:
        return [*lines, *_compared(style, spell(new.form.replace("{}", act)), expected, inner)]
    return [*lines, spell(act), *_compared(style, spell(new.form), expected, inner)]


def _in_brackets(made: str, act: str) -> str:
    """An object in place of its name, in brackets where an operator stands beside it."""
    simple = made.endswith(")") and f"{IT}" in act
    return made if simple else f"({made})"


def _expects(style: Style, new: NewTest, raised: str) -> str:
    pattern = requoted(_pattern(new.message), style.quote) if new.message else ""
    if style.way == "unittest":
        return f"self.assertRaisesRegex({raised}, {pattern})" if pattern else f"self.assertRaises({raised})"
    opener = "pytest.warns" if new.form == "warned" else "pytest.raises"
    return f"{opener}({raised}, match={pattern})" if pattern else f"{opener}({raised})"


def _compared(style: Style, written: str, expected: str, inner: str) -> list[str]:
    single = expected in {"True", "False", "None"}
    if style.way == "unittest":
        line = f"self.assertIs({written}, {expected})" if single else f"self.assertEqual({written}, {expected})"
        if len(line) <= LONGEST_LINE:
            return [line]
        return ["self.assertEqual(", f"{inner}{written},", f"{inner}{expected},", ")"]
    if _has_operator(written):
        written = f"({written})"
    line = f"assert {written} is {expected}" if single else f"assert {written} == {expected}"
    if len(line) <= LONGEST_LINE:
        return [line]
    return [f"expected = {expected}", f"assert {written} == expected"]


def _has_operator(text: str) -> bool:
    try:
        return not isinstance(
            ast.parse(text, mode="eval").body, ast.Call | ast.Attribute | ast.Subscript | ast.Name | ast.Constant
        )
    except SyntaxError:
        return True


def _pattern(message: str) -> str:
    escaped = re.escape(message)
    plain = "'" not in escaped and message.isprintable()
    return f"r'{escaped}'" if "\\" in escaped and plain else repr(escaped)


def _function(style: Style, name: str, body: list[str], fixture: str) -> list[str]:
    returns = " -> None" if style.annotated else ""
    if style.holder is None:
        return [f"def {name}({fixture}){returns}:", *(style.indent + line for line in body)]
    outer = " " * style.holder.body[0].col_offset if style.indent != "\t" else "\t"
    step = "\t" if style.indent == "\t" else "    "
    return [f"{outer}def {name}(self{fixture and ', ' + fixture}){returns}:", *(outer + step + line for line in body)]


def _inserted(source: Source, style: Style, lines: list[str]) -> str:
    if style.holder is None:
        return source.text.rstrip("\n") + "\n\n\n" + "\n".join(lines) + "\n"
    rows = source.text.split("\n")
    at = style.holder.end_lineno or len(rows)
    return "\n".join([*rows[:at], "", *lines, *rows[at:]]) if at < len(rows) else "\n".join([*rows, "", *lines]) + "\n"


def _with_imports(text: str, source: Source, imports: list[str]) -> str:
    if not imports:
        return text
    last = max(
        (node.end_lineno or node.lineno for node in source.tree.body if isinstance(node, ast.Import | ast.ImportFrom)),
        default=0,
    )
    if not last and ast.get_docstring(source.tree) is not None:
        last = source.tree.body[0].end_lineno or 0
    rows = text.split("\n")
    return "\n".join([*rows[:last], *dict.fromkeys(imports), *rows[last:]])


def requoted(text: str, quote: str) -> str:
    """Give an expression with its plain strings in these quotes."""
    if quote == "'":
        return text
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if (
                token.type == tokenize.STRING
                and token.string.endswith("'")
                and '"' not in token.string
                and "\\'" not in token.string
            ):
                begin = token.string.index("'")
                if not token.string[begin:].startswith("'''"):
                    found.append(
                        (token.start[1], token.end[1], f'{token.string[:begin]}"{token.string[begin + 1 : -1]}"')
                    )
    except (tokenize.TokenError, SyntaxError):
        return text
    for start, end, new in reversed(found):
        text = text[:start] + new + text[end:]
    return text
