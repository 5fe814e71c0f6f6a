"""Files as a user may have them when a change lands: edits, bytes, modes, links and names."""

from __future__ import annotations

import os
from pathlib import Path

from tests.landing.corpus import A3, CLASH, LINES, MINE, THREE, A, both, crlf, does, odd, simple, stages, writes
from tests.landing.grounds import Ground, ground
from tests.repositories import ODD_CONTENTS, ODD_NAMES, Link, Program, numbered

# The user's own edits.
simple("nothing else", A, A3)
simple("unstaged edits elsewhere in the file", A, A3, writes({"a": MINE}))
simple("staged edits elsewhere in the file", A, A3, stages({"a": MINE}))
simple("staged and more edits", A, A3, both(stages({"a": MINE}), writes({"a": MINE.replace("line 15\n", "15\n")})))
simple("unstaged edits of the same line", A, A3, writes({"a": CLASH}), ends="conflict")
simple("staged edits of the same line", A, A3, stages({"a": CLASH}), ends="conflict")
simple("staged, and taken back on disk", A, A3, both(stages({"a": CLASH}), writes({"a": LINES})), ends="conflict")
simple("the user made the same edit", A, A3, writes({"a": THREE}), undoes=False, same=False)
simple("the user staged the same edit", A, A3, stages({"a": THREE}), undoes=False, same=False)
simple(
    "the user made the same edit and another",
    A,
    A3,
    writes({"a": numbered(30, but={3: "THREE", 27: "mine"})}),
    undoes=False,
    same=False,
)
simple(
    "edits in other files", {"a": LINES, "b": "b\n", "c": "c\n"}, A3, both(stages({"b": "B\n"}), writes({"c": "C\n"}))
)
simple("deleted on disk, and edited", A, A3, writes({"a": None}), ends="conflict")
simple("deleted in the index, and edited", A, A3, does("rm", "-q", "a"), ends="conflict")
simple(
    "deleted on disk, and deleted", {"a": "a\n", "b": "b\n"}, {"a": None}, writes({"a": None}), undoes=False, same=False
)
simple(
    "deleted in the index, and deleted",
    {"a": "a\n", "b": "b\n"},
    {"a": None},
    does("rm", "-q", "a"),
    undoes=False,
    same=False,
)
simple(
    "out of the index, and deleted",
    {"a": "a\n", "b": "b\n"},
    {"a": None},
    does("rm", "-q", "--cached", "a"),
    undoes=False,
    same=False,
)
simple("renamed by the user", A, A3, does("mv", "a", "z"), ends="conflict")
simple("edited by the user, and deleted", {"a": LINES, "b": "b\n"}, {"a": None}, writes({"a": MINE}), ends="conflict")
simple(
    "mode changed by the user, and deleted",
    {"a": LINES, "b": "b\n"},
    {"a": None},
    lambda repository: repository.at("a").chmod(0o755),
    ends="conflict",
)
simple(
    "intended to add, and added",
    {"b": "b\n"},
    {"a": "a\n"},
    both(writes({"a": "a\n"}), does("add", "-N", "a")),
    undoes=False,
    same=False,
)
simple("untracked with the same bytes", {"b": "b\n"}, {"a": "a\n"}, writes({"a": "a\n"}), same=False)
simple("untracked with other bytes", {"b": "b\n"}, {"a": "a\n"}, writes({"a": "mine\n"}), ends="conflict")
simple("ignored with the same name", {".gitignore": "a\n"}, {"b": "b\n", "new": "x\n"}, writes({"a": "mine\n"}))
simple("a folder in the way", {"b": "b\n"}, {"a": "a\n"}, writes({"a/mine": "x\n"}), ends="in_the_way")
simple(
    "a pipe in the way", {"b": "b\n"}, {"a": "a\n"}, lambda repository: os.mkfifo(repository.at("a")), ends="in_the_way"
)
simple(
    "a pipe in place of the file",
    A,
    A3,
    both(writes({"a": None}), lambda repository: os.mkfifo(repository.at("a"))),
    ends="in_the_way",
)
simple("a stash", {"a": LINES, "b": "b\n"}, A3, both(writes({"b": "B\n"}), does("stash"), writes({"b": "again\n"})))
simple("a file becomes a folder", {"a": "a\n", "b": "b\n"}, {"a": None, "a/inside/deep": "x\n"})
simple(
    "a folder becomes a file", {"a/x": "x\n", "a/y/z": "z\n", "b": "b\n"}, {"a/x": None, "a/y/z": None, "a": "file\n"}
)
simple(
    "a folder with something untracked becomes a file",
    {"a/x": "x\n", "b": "b\n"},
    {"a/x": None, "a": "file\n"},
    writes({"a/mine": "mine\n"}),
    ends="in_the_way",
)
simple("a new folder is emptied by the change", {"a/b/c": "c\n", "d": "d\n"}, {"a/b/c": None})

# Bytes.
simple(
    "every odd content",
    dict(ODD_CONTENTS),
    {name: b"new\n" + data for name, data in ODD_CONTENTS.items()},
    settings={"core.autocrlf": "false"},
)
simple("no final newline", {"a": "one\ntwo"}, {"a": "ONE\ntwo"})
simple("the user takes the final newline away", A, A3, writes({"a": LINES.removesuffix("\n")}))
simple(
    "latin-1 with edits",
    {"a": LINES.encode() + b"caf\xe9\n"},
    {"a": THREE.encode() + b"caf\xe9\n"},
    writes({"a": MINE.encode() + b"caf\xe9\n"}),
)
simple(
    "bom with edits",
    {"a": b"\xef\xbb\xbf" + LINES.encode()},
    {"a": b"\xef\xbb\xbf" + THREE.encode()},
    writes({"a": b"\xef\xbb\xbf" + MINE.encode()}),
)
simple("binary edited by the user", {"a": b"\0\1\2"}, {"a": b"\0\1\3"}, writes({"a": b"\0\1\4"}), ends="conflict")
simple(
    "crlf in the repository",
    {"a": crlf(LINES)},
    {"a": crlf(THREE)},
    writes({"a": crlf(MINE)}),
    settings={"core.autocrlf": "false"},
)
simple("autocrlf", {"a": crlf(LINES)}, {"a": crlf(THREE)}, settings={"core.autocrlf": "true"})
simple(
    "autocrlf with edits",
    {"a": crlf(LINES)},
    {"a": crlf(THREE)},
    writes({"a": crlf(MINE)}),
    settings={"core.autocrlf": "true"},
)
simple(
    "autocrlf, stored form on disk",
    {"a": crlf(LINES)},
    {"a": crlf(THREE)},
    stages({"a": LINES}),
    settings={"core.autocrlf": "true"},
)
simple(
    "autocrlf, stored form on disk with edits",
    {"a": crlf(LINES)},
    {"a": crlf(THREE)},
    writes({"a": MINE}),
    settings={"core.autocrlf": "true"},
)
simple("autocrlf=input, crlf on disk", A, A3, stages({"a": crlf(LINES)}), settings={"core.autocrlf": "input"})
simple(
    "eol=crlf by attribute",
    {".gitattributes": "a text eol=crlf\n", "a": crlf(LINES)},
    {"a": crlf(THREE)},
    writes({"a": crlf(MINE)}),
)
simple("text=auto", {".gitattributes": "* text=auto\n", "a": LINES}, A3, writes({"a": MINE}))
simple(
    "mixed line ends",
    {"a": LINES.replace("line 9\n", "line 9\r\n")},
    {"a": THREE.replace("line 9\n", "line 9\r\n")},
    writes({"a": MINE.replace("line 9\n", "line 9\r\n")}),
    settings={"core.autocrlf": "false"},
)
simple(
    "utf-16 by attribute",
    {".gitattributes": "a text working-tree-encoding=UTF-16\n", "a": LINES.encode("utf-16")},
    {"a": THREE.encode("utf-16")},
)
simple(
    "utf-16 by attribute with edits",
    {".gitattributes": "a text working-tree-encoding=UTF-16LE\n", "a": LINES.encode("utf-16-le")},
    {"a": THREE.encode("utf-16-le")},
    writes({"a": MINE.encode("utf-16-le")}),
)
simple(
    "utf-16 without attribute, with edits",
    {"a": LINES.encode("utf-16")},
    {"a": THREE.encode("utf-16")},
    writes({"a": MINE.encode("utf-16")}),
    ends="conflict",
)
simple("ident", {".gitattributes": "a ident\n", "a": "$Id$\n" + LINES}, {"a": "$Id$\n" + THREE})
simple(
    "attributes change with the files",
    {"a": LINES, "b": "b\n"},
    {".gitattributes": "a text eol=crlf\n", "a": THREE.encode()},
)

# Modes, links, names.
simple("made executable", {"a": "run\n"}, {"a": Program("run\n")})
simple(
    "made executable, private",
    {"a": "run\n"},
    {"a": Program("run\n")},
    lambda repository: repository.at("a").chmod(0o600),
)
simple("private stays private", A, A3, lambda repository: repository.at("a").chmod(0o600))
simple(
    "no longer executable, edited by the user",
    {"a": Program(LINES)},
    {"a": LINES},
    lambda repository: repository.at("a").write_text(MINE),
)
simple(
    "modes say nothing", A, A3, lambda repository: repository.at("a").chmod(0o755), settings={"core.fileMode": "false"}
)
simple("a link leads elsewhere", {"l": Link("a"), "a": "a\n"}, {"l": Link("b")})
simple("a new link and a link gone", {"l": Link("a"), "a": "a\n"}, {"l": None, "m": Link("nowhere")})
simple("the user's link leads elsewhere", {"l": Link("a")}, {"l": Link("b")}, writes({"l": Link("c")}), ends="conflict")
simple("a link becomes a file", {"l": Link("a"), "a": "a\n"}, {"l": "file\n"}, ends="link")
simple("a file becomes a link", {"l": "file\n", "a": "a\n"}, {"l": Link("a")}, ends="link")
simple("the user put a link in place of the file", A, A3, writes({"a": Link("/etc/passwd")}), ends="conflict")
simple(
    "every odd name",
    dict.fromkeys(ODD_NAMES, LINES),
    dict.fromkeys(ODD_NAMES, THREE),
    lambda repository: repository.write(dict.fromkeys(ODD_NAMES[::2], MINE)),
)


@odd("a parent is a link", "blocked")
def _parent_link(path: Path) -> Ground:
    made = ground(path, {"d/a": "a\n", "e": "e\n"}, {"d/a": "b\n"})
    made.repository.at("d").rename(path.parent / "elsewhere")
    made.repository.write({"d": Link(str(path.parent / "elsewhere"))})
    return made


simple(
    "names that some disks take for one",
    {"Makefile": "a\n", "caf\u00e9": "b\n", "cafe\u0301": "c\n"},
    {"makefile": "d\n", "cafe\u0301": "C\n"},
)
