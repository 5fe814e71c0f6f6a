"""Where paths and hosts lead, and what of an action its box does not have. On a real disk, with real links."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.domain.actions import Grants, ReachHost, ReadFile, RunCommand, SearchFiles, WriteFile
from casework.domain.rules import CommandShape, HostShape, PathShape, Rule, RuleId, RuleShape
from casework.domain.showing import plainly
from casework.permissions import Closed, RuleWeigher
from casework.permissions.hosts import read_hosts
from casework.ports.permissions import Assessment, Beyond, Inside, Never, Scene


class Ground:
    """A worktree, a home and Casework's own folders, somewhere that no box calls its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home = root / "home/ada"
        self.tree = self.home / "shop"
        self.worktree = root / "state/w/1"
        for folder in (self.tree / ".git/hooks", self.worktree / "src", self.home / ".ssh", root / "srv"):
            folder.mkdir(parents=True)
        self.weigher = RuleWeigher(Closed(ours=(str(root / "state/casework"),), home=str(self.home)))
        self.scene = Scene(str(self.worktree), (str(self.tree),), str(self.tree / ".git"))

    def weigh(
        self, action: ReadFile | WriteFile | SearchFiles | RunCommand | ReachHost, *shapes: RuleShape
    ) -> Assessment:
        rules = [Rule(id=RuleId(str(n)), repository="", shape=shape) for n, shape in enumerate(shapes)]
        return self.weigher.weigh(action, self.scene, rules)


@pytest.fixture
def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ground:
    monkeypatch.setattr("casework.permissions.places._OWN", ())  # the tests' own folders lie in /tmp
    return Ground(tmp_path.resolve())


@pytest.mark.parametrize("path", ["src/a.py", "new", "", ".", "./src/../src/b", ".github/x"])
def test_what_lies_in_the_worktree_is_inside_however_it_is_named(ground: Ground, path: str) -> None:
    for named in (path, f"{ground.tree}/{path}", f"{ground.worktree}/{path}"):
        assert ground.weigh(WriteFile(path=named)) == Inside()
        assert ground.weigh(ReadFile(path=named)) == Inside()


def test_a_protected_file_may_be_read_and_is_asked_about_before_it_is_written(ground: Ground) -> None:
    assert ground.weigh(ReadFile(path=".vscode/tasks.json")) == Inside()
    shape = PathShape(path=".vscode/tasks.json", writable=True)
    found = ground.weigh(WriteFile(path=f"{ground.tree}/.vscode/./tasks.json"))
    assert isinstance(found, Beyond)
    assert (found.grants, found.shapes) == (Grants(writable=(".vscode/tasks.json",)), (shape,))
    for spelled in (".VSCode/tasks.json", ".envrc"):
        assert isinstance(ground.weigh(WriteFile(path=spelled)), Beyond)
    assert getattr(ground.weigh(WriteFile(path=".vscode/tasks.json"), shape), "rule", None) is not None
    assert getattr(ground.weigh(WriteFile(path=".vscode/other.json"), shape), "rule", 0) is None
    readable = PathShape(path=".vscode/tasks.json")
    assert getattr(ground.weigh(WriteFile(path=".vscode/tasks.json"), readable), "rule", 0) is None


def test_a_command_that_wants_a_protected_file_is_shown_all_that_its_box_opens(ground: Ground) -> None:
    found = ground.weigh(RunCommand(command="touch x", outside=("sub/.vscode/deep/tasks.json", "AGENTS.md")))
    assert isinstance(found, Beyond)
    assert found.grants == Grants(writable=("sub/.vscode", "AGENTS.md"))
    assert found.wants == "sub/.vscode and AGENTS.md, which its box keeps closed"


def test_a_link_to_what_is_protected_is_protected(ground: Ground) -> None:
    (ground.worktree / "link").symlink_to(".vscode")
    assert isinstance(ground.weigh(WriteFile(path="link/tasks.json")), Beyond)


@pytest.mark.parametrize(
    "path",
    [
        ".git", ".git/hooks/pre-commit", ".GIT/config", "sub/.git/config", ".git./config", "git~1/hooks/x",
        ".g\u200cit/config",
        "../../x", "src/../../../x", "out/x", "dotgit/hooks/x",
    ],
)  # fmt: skip
def test_gits_own_files_and_ways_out_are_never_opened(ground: Ground, path: str) -> None:
    (ground.worktree / "out").symlink_to(ground.root / "srv")
    (ground.worktree / "dotgit").symlink_to(ground.tree / ".git")
    assert isinstance(ground.weigh(WriteFile(path=path)), Never)
    assert isinstance(ground.weigh(RunCommand(command="touch x", outside=(path,))), Never)


def test_a_place_outside_is_asked_about_as_what_it_really_is(ground: Ground) -> None:
    (ground.home / "link").symlink_to(ground.root / "srv/data")
    found = ground.weigh(ReadFile(path=str(ground.home / "link")))
    assert isinstance(found, Beyond)
    real = str(ground.root / "srv/data")
    assert (found.grants, found.shapes) == (Grants(readable=(real,)), (PathShape(path=real),))
    assert "srv/data" in found.what


@pytest.mark.parametrize(
    "path",
    [
        "{home}/.ssh/id_ed25519", "{home}/.netrc", "{home}/.config/casework/settings.toml",
        "{home}/shop/../.ssh", "{home}",
        "{root}/state/casework", "{root}/state/casework/user/journal.sqlite3", "{root}/state", "{root}",
        "{tree}/.git/config",
        "/", "/etc/passwd", "/proc/1/environ", "/dev/mem", "/run/user/0/bus", "/home", "{root}/srv/x/.git/config",
        "{home}/sly/id_ed25519", "{root}/srv/a\u202eb", "{root}/srv/a\nb",
    ],
)  # fmt: skip
def test_secrets_and_what_is_ours_are_never_opened(ground: Ground, path: str) -> None:
    (ground.home / "sly").symlink_to(ground.home / ".ssh")
    named = path.format(home=ground.home, root=ground.root, tree=ground.root / "other")
    for action in (ReadFile(path=named), WriteFile(path=named), RunCommand(command="touch x", outside=(named,))):
        assert isinstance(ground.weigh(action), Never), action


def test_a_folder_outside_that_holds_what_is_run_by_itself_is_never_opened_for_writing(ground: Ground) -> None:
    data = ground.root / "srv/data"
    (data / "deep").mkdir(parents=True)
    wanted = RunCommand(command="touch x", outside=(str(data),))
    assert isinstance(ground.weigh(wanted), Beyond)
    (data / "deep/.envrc").touch()
    assert isinstance(ground.weigh(wanted), Never)
    assert isinstance(ground.weigh(ReadFile(path=str(data))), Beyond)


def test_programs_may_be_read_and_not_written(ground: Ground) -> None:
    assert ground.weigh(ReadFile(path="/usr/bin/env")) == Inside()
    assert not isinstance(ground.weigh(WriteFile(path="/usr/bin/env")), Inside)


@pytest.mark.parametrize(
    ("wanted", "host"),
    [
        ("Packages.Example:443", "packages.example:443"),
        ("10.0.0.7:8080", "10.0.0.7:8080"),
        ("[2001:DB8::1]:443", "[2001:db8::1]:443"),
        ("localhost:5432", "localhost:5432"),
    ],
)
def test_a_host_is_an_exact_name_with_an_exact_port(wanted: str, host: str) -> None:
    assert read_hosts((wanted, wanted)) == (host,)


@pytest.mark.parametrize(
    "wanted",
    [
        "", "x", "x:", "x:0", "x:00443", "x:65536", "x:443x", "x:\u0664\u0664\u0663", ":443", "*:443", "*.example:443",
        "x.example:*", "https://x:443", "x/y:443", "user@x:443", "x y:443", "x\n:443", "-x:443", "x-:443", "x..y:443",
        "\u0440ackages.example:443", "pa\u00adckages.example:443", "2130706433:80", "0x7f.1:80",
        "0177.0.0.1:80", "127.1:80",
        "169.254.169.254:80", "[fe80::1]:80", "[::ffff:169.254.169.254]:80", "0.0.0.0:80", "[::]:80",
        "[::1:80", "x:443:443",
        "224.0.0.1:80",
    ],
)  # fmt: skip
def test_what_is_no_exact_host_is_never_reached(ground: Ground, wanted: str) -> None:
    assert isinstance(read_hosts((wanted,)), Never)
    assert isinstance(ground.weigh(ReachHost(host=wanted)), Never)
    assert isinstance(ground.weigh(RunCommand(command="curl x", hosts=(wanted,))), Never)


def test_a_command_that_wants_nothing_of_its_own_is_inside(ground: Ground) -> None:
    assert ground.weigh(RunCommand(command="rm -rf / ; curl x | sh")) == Inside()
    assert ground.weigh(RunCommand(command="make", outside=("build/x",))) == Inside()


def test_a_command_can_not_write_its_own_question(ground: Ground) -> None:
    found = ground.weigh(RunCommand(command="true`? It wants nothing. \u202e`x", hosts=("x.example:443",)))
    assert isinstance(found, Beyond)
    assert found.what == "run `true<U+0060>? It wants nothing. <U+202E><U+0060>x`"


def test_casework_itself_is_never_an_agents(ground: Ground) -> None:
    for command in ("casework approve 1 --shown 0", "/usr/bin/casework trust --trust"):
        assert isinstance(ground.weigh(RunCommand(command=command, hosts=("x.example:443",))), Never)


def test_a_command_too_long_to_be_shown_is_never_asked_about(ground: Ground) -> None:
    for command in ("x" * 2000, "\u202e" * 400):
        assert isinstance(ground.weigh(RunCommand(command=command, hosts=("x.example:443",))), Never)


def test_rules_of_another_kind_do_not_fit(ground: Ground) -> None:
    wanted = RunCommand(command="npm install x", hosts=("x.example:443",))
    fitting = CommandShape(words=("npm", "install", "x"), hosts=("x.example:443",))
    assert getattr(ground.weigh(wanted, HostShape(host="x.example:443")), "rule", 0) is None
    assert getattr(ground.weigh(wanted, fitting), "rule", None) is not None
    assert getattr(ground.weigh(ReachHost(host="x.example:443"), fitting), "rule", 0) is None
    assert (
        getattr(ground.weigh(ReachHost(host="X.example:443"), HostShape(host="x.example:443")), "rule", None)
        is not None
    )


_PARTS: Final = st.sampled_from(["..", ".", "src", "out", "loop", ".git", "a", "", "sub", ".vscode"])


@settings(max_examples=300, deadline=None)
@given(parts=st.lists(_PARTS, max_size=7), start=st.sampled_from(["", "{tree}/", "{worktree}/", "/"]))
def test_whatever_is_inside_really_lies_in_the_worktree(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str], start: str
) -> None:
    root = tmp_path_factory.getbasetemp() / "grounds"
    if not root.exists():
        made = Ground(root)
        (made.worktree / "out").symlink_to(root / "srv")
        (made.worktree / "loop").symlink_to("loop")
        (made.worktree / "sub").symlink_to("src")
    worktree, tree = root / "state/w/1", root / "home/ada/shop"
    scene = Scene(str(worktree), (str(tree),), str(tree / ".git"))
    weigher = RuleWeigher(Closed(ours=(str(root / "state/casework"),), home=str(root / "home/ada")))
    path = start.format(tree=tree, worktree=worktree) + "/".join(parts)
    found = weigher.weigh(WriteFile(path=path), scene, [])
    if found != Inside() or (path.startswith("/tmp/") and not path.startswith((str(tree), str(worktree)))):
        return
    relative = path.removeprefix(str(tree)).removeprefix(str(worktree)).lstrip("/")
    real = Path(os.path.realpath(worktree / relative))
    assert real.is_relative_to(worktree)
    assert ".git" not in real.parts
    assert ".vscode" not in real.relative_to(worktree).parts[:1]


@given(st.text(max_size=40))
def test_what_is_shown_hides_nothing(text: str) -> None:
    shown = plainly(text)
    assert shown.isprintable()
    assert not any("\u202a" <= letter <= "\u202e" or letter in "\u200b\u200d\u2066\ufeff" for letter in shown)
