"""Git, run so that a repository nobody vouches for executes nothing: the only place that starts a git process.

What is turned off stands in `git_settings`. What the commands mean is not known here. Paths are bytes, output is bytes,
and a failure is git's own sentence.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from casework.domain.errors import Refused, Trouble
from casework.processes import users_umask
from casework.workspace.git_settings import Allowed, environment, guarded, harmless_drivers, may_run_drivers, settings

Arg = str | bytes


@dataclass(frozen=True, slots=True)
class GitResult:
    """What a git process gave back."""

    returncode: int
    stdout: bytes
    stderr: bytes

    @property
    def sentence(self) -> str:
        """Git's own words for what went wrong, on one line, without control characters."""
        return sentence_of(self.stderr)


@dataclass(frozen=True, slots=True)
class GitObject:
    """One object as `cat-file --batch` gives it."""

    id: bytes
    kind: bytes
    data: bytes


@dataclass(slots=True)
class Git:
    """One repository, opened. `top` is None when it has no work tree (bare). All paths are absolute bytes."""

    git_dir: bytes
    common_dir: bytes
    top: bytes | None
    object_format: bytes
    _drivers: tuple[tuple[bytes, bytes], ...] = field(default=(), repr=False)

    @classmethod
    def open(cls, path: bytes | str | os.PathLike[str]) -> Git:
        """Find the repository that `path` (an existing directory) lies in.

        Raises:
            Refused: there is none (`not_a_repository`), git does not trust its owner (`dubious_owner`), or its
                configured work tree is not where it was found (`odd_work_tree`).
            Trouble: git is missing (`git_missing`) or failed.
        """
        return open_repository(os.fsencode(path))

    @property
    def bare(self) -> bool:
        """Whether there is no work tree."""
        return self.top is None

    @property
    def hex_length(self) -> int:
        """How many hex digits an object's name has."""
        return 64 if self.object_format == b"sha256" else 40

    @property
    def null_id(self) -> bytes:
        """The name git gives to what does not exist."""
        return b"0" * self.hex_length

    def run(
        self,
        *args: Arg,
        stdin: bytes = b"",
        env: Mapping[bytes, bytes] | None = None,
        index_file: bytes | None = None,
        work_tree: bytes | None = None,
        pass_fds: Sequence[int] = (),
        timeout_s: float = 60.0,
        check: bool = True,
        cwd: bytes | None = None,
        allow: Iterable[Allowed] = (),
    ) -> bytes:
        """Run `git ARGS` in this repository and give its output; pathspecs are taken literally.

        Raises:
            Trouble: `git_failed` with git's own sentence when it ended with an error and `check` is set, and
                `objects_missing` when a partial clone would have to fetch for it; `git_timeout` after `timeout_s`
                seconds (the whole process group is killed); `git_missing`.
        """
        found = self.ask(
            *args, stdin=stdin, env=env, index_file=index_file, work_tree=work_tree, pass_fds=pass_fds,
            timeout_s=timeout_s, cwd=cwd, allow=allow,
        )  # fmt: skip
        if check and found.returncode != 0:
            raise _failed(args, found)
        return found.stdout

    def ask(
        self,
        *args: Arg,
        stdin: bytes = b"",
        env: Mapping[bytes, bytes] | None = None,
        index_file: bytes | None = None,
        work_tree: bytes | None = None,
        pass_fds: Sequence[int] = (),
        timeout_s: float = 60.0,
        cwd: bytes | None = None,
        allow: Iterable[Allowed] = (),
    ) -> GitResult:
        """Run `git ARGS` and give everything it gave back; an exit code is an answer, not an error.

        Raises:
            Trouble: `git_timeout`, `git_missing`.
        """
        command = [os.fsencode(arg) for arg in args]
        allowed = frozenset(allow)
        if may_run_drivers(command):
            self._drivers = self._list_drivers()
        command = guarded(command)
        where = {b"GIT_DIR": self.git_dir}
        tree = work_tree if work_tree is not None else self.top
        if tree is not None:
            where[b"GIT_WORK_TREE"] = tree
        if index_file is not None:
            where[b"GIT_INDEX_FILE"] = index_file
        given = environment(settings(allowed, self._drivers), where, env or {})
        return _execute(command, stdin, given, cwd or tree or self.git_dir, pass_fds, timeout_s)

    def objects(self, ids: Sequence[bytes], *, timeout_s: float = 120.0) -> list[GitObject | None]:
        """Give the objects with these names (or expressions on one line), in order; None for what is not there."""
        if not ids:
            return []
        out = self.run("cat-file", "--batch", stdin=b"\n".join(ids) + b"\n", timeout_s=timeout_s)
        found: list[GitObject | None] = []
        at = 0
        for _ in ids:
            end = out.index(b"\n", at)
            head = out[at:end].split(b" ")
            at = end + 1
            if len(head) != 3 or not head[2].isdigit():
                found.append(None)
                continue
            size = int(head[2])
            found.append(GitObject(head[0], head[1], out[at : at + size]))
            at += size + 1
        return found

    def config(self, name: str, *, kind: str | None = None) -> str | None:
        """Give a setting's last value as the user's own git sees it; None when it is not set. `kind` as in `--type`."""
        typed = ["--type", kind] if kind else []
        found = self.ask("config", "-z", *typed, "--get", name)
        if found.returncode != 0:
            return None
        return found.stdout.rstrip(b"\0").decode("utf-8", "replace")

    def drivers(self) -> frozenset[bytes]:
        """Give the names of the filters that are configured (`filter.NAME.clean`, `smudge` or `process`)."""
        found = set()
        for key, _ in self._list_drivers():
            if key.startswith(b"filter.") and not key.endswith(b".required"):
                found.add(key[len(b"filter.") : key.rindex(b".")])
        return frozenset(found)

    def _list_drivers(self) -> tuple[tuple[bytes, bytes], ...]:
        given = environment(settings(frozenset(), ()), {b"GIT_DIR": self.git_dir}, {})
        found = _execute([b"config", b"--list", b"-z", b"--name-only"], b"", given, self.git_dir, (), 20.0)
        if found.returncode != 0:
            raise Trouble(f"git's configuration can't be read: {found.sentence}", code="git_failed")
        return harmless_drivers(found.stdout.split(b"\0"))


def open_repository(path: bytes) -> Git:
    """Do what `Git.open` promises."""
    quiet = environment(settings(frozenset(), ()), {}, {})

    def ask(*args: bytes) -> GitResult:
        return _execute([b"rev-parse", b"--path-format=absolute", *args], b"", quiet, path, (), 20.0)

    found = ask(
        b"--is-bare-repository", b"--is-inside-work-tree", b"--show-object-format",
        b"--git-dir", b"--git-common-dir", b"--show-toplevel",
    )  # fmt: skip
    said = found.stdout.split(b"\n")[:-1]
    if found.returncode != 0 and (len(said) < 3 or said[1] != b"false"):
        raise _not_opened(path, found)
    bare, inside, object_format, *paths = said  # outside of a work tree git ends at the last question
    if len(paths) == (3 if inside == b"true" else 2):
        git_dir, common_dir, top = paths[0], paths[1], paths[2] if inside == b"true" else None
    else:  # a newline in one of them: each by itself
        git_dir, common_dir = _one_path(ask(b"--git-dir")), _one_path(ask(b"--git-common-dir"))
        top = _one_path(ask(b"--show-toplevel")) if inside == b"true" else None
    if bare == b"false":
        _check_work_tree(path, git_dir, top, ask)
    return Git(os.path.realpath(git_dir), os.path.realpath(common_dir), top and os.path.realpath(top), object_format)


def _check_work_tree(path: bytes, git_dir: bytes, top: bytes | None, ask: Callable[..., GitResult]) -> None:
    """Hold `core.worktree` to the place the repository was found in: it could name any folder of the user's."""
    found = ask(b"--resolve-git-dir", os.path.join(top, b".git")) if top is not None else None
    if found is None or found.returncode != 0 or os.path.realpath(_one_path(found)) != os.path.realpath(git_dir):
        raise Refused(
            f"{_shown(path)} is not inside the work tree of the repository found there: its settings (core.worktree) "
            "name another folder, and Casework does not follow them. Open the folder that holds .git.",
            code="odd_work_tree",
        )


def sentence_of(stderr: bytes) -> str:
    """Give the first complaint in git's output as one line for a human: no control characters, at most 300 letters."""
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    complaints = [line for line in lines if line.startswith(("fatal: ", "error: "))] or lines
    text = complaints[0].removeprefix("fatal: ").removeprefix("error: ") if complaints else "it gave no reason"
    return "".join(letter if letter.isprintable() else "�" for letter in text)[:300].rstrip(".")


def _failed(args: Sequence[Arg], found: GitResult) -> Trouble:
    if b"promisor remote" in found.stderr or b"lazy fetching disabled" in found.stderr:
        return Trouble(
            "This is a partial clone: some of what is needed was never brought to this machine, and Casework fetches "
            "nothing. Let git bring it (`git log -p` over the same commits does), then try again.",
            code="objects_missing",
        )
    if b"fatal: bad object" in found.stderr:
        return Trouble(
            f"Git no longer has what is needed here ({found.sentence}): it was pruned, perhaps by `git gc --prune=now` "
            "while it was being written. Open the review again.",
            code="objects_missing",
        )
    return Trouble(f"git {_name(args)} failed: {found.sentence}", code="git_failed")


def _not_opened(path: bytes, found: GitResult) -> Refused | Trouble:
    shown, said = _shown(path), found.stderr
    if b"dubious ownership" in said:
        return Refused(
            f"Git does not open this repository: {found.sentence}. Nothing was read or changed. "
            f"If you trust it, run: git config --global --add safe.directory {shown}",
            code="dubious_owner",
        )
    if b"not a git repository" in said:
        return Refused(
            f"{shown} is not in a git repository, so there is nothing to review. "
            "Go to a repository, or run git init there first.",
            code="not_a_repository",
        )
    return Trouble(f"git can't open {shown}: {found.sentence}", code="git_failed")


def _shown(path: bytes) -> str:
    return "".join(letter if letter.isprintable() else "�" for letter in path.decode("utf-8", "replace"))


def _one_path(found: GitResult) -> bytes:
    if found.returncode != 0:
        raise Trouble(f"git can't say where the repository is: {found.sentence}", code="git_failed")
    return found.stdout.removesuffix(b"\n")


def _name(args: Sequence[Arg]) -> str:
    return os.fsdecode(args[0]) if args else ""


def _execute(
    command: Sequence[bytes],
    stdin: bytes,
    given: Mapping[bytes, bytes],
    cwd: bytes,
    pass_fds: Sequence[int],
    timeout_s: float,
) -> GitResult:
    try:
        process = subprocess.Popen(
            [b"git", b"--no-pager", *command],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=given, cwd=cwd, pass_fds=tuple(pass_fds), start_new_session=True, umask=users_umask(),
        )  # fmt: skip
    except FileNotFoundError as error:
        if not os.path.isdir(cwd):
            raise Trouble(f"{os.fsdecode(cwd)!r} is gone, so git can't run there", code="folder_gone") from error
        raise Trouble("git is not installed, or not on the PATH of the daemon", code="git_missing") from error
    except OSError as error:
        raise Trouble(f"git can't be started: {error.strerror}", code="git_failed") from error
    with process:
        try:
            out, err = process.communicate(stdin, timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            _kill_group(process.pid)
            raise Trouble(
                f"git {os.fsdecode(command[0])} did not end in {timeout_s:g} s and was stopped", code="git_timeout"
            ) from error
        except BaseException:
            _kill_group(process.pid)
            raise
    return GitResult(process.returncode, out, err)


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
