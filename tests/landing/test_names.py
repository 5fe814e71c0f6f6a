"""Which paths may be touched, by their names; on disks that fold names too."""

from __future__ import annotations

import pytest

from casework.ports.landing import LandingRefused
from casework.workspace.landing.names import check_folding, check_name
from tests.repositories import ODD_NAMES


@pytest.mark.parametrize(
    "path",
    [
        b"", b"/etc/passwd", b"a//b", b"a/", b"./a", b"a/../b", b"..", b".git", b".git/config", b"a/.git/hooks/x",
        b".GIT/x", b".git ", b".git.", b".git::$INDEX_ALLOCATION", b"git~1/config", b"GIT~1", b".git\\config",
        b"a\0b", ".g\u200cit/x".encode(), ".git\ufeff".encode(), "\u202e.git".encode(),
    ],
)  # fmt: skip
def test_a_name_that_leads_outside_or_into_gits_folder_is_refused(path: bytes) -> None:
    with pytest.raises(LandingRefused) as refused:
        check_name(path)
    assert refused.value.code == "odd_path"


@pytest.mark.parametrize("path", [*ODD_NAMES, b".gitignore", b".github/x", b"git", b"..a", b"a..", b"x.git", b"git~12"])
def test_any_other_name_passes(path: bytes) -> None:
    check_name(path)


@pytest.mark.parametrize(
    ("touched", "tracked"),
    [
        ([b"Makefile", b"makefile"], []),
        ([b"makefile"], [b"Makefile", b"other"]),
        (["caf\u00e9".encode()], ["cafe\u0301".encode()]),
        ([b"d/A"], [b"D/a"]),
    ],
)
def test_on_a_disk_that_folds_names_two_for_one_file_are_refused(touched: list[bytes], tracked: list[bytes]) -> None:
    with pytest.raises(LandingRefused) as refused:
        check_folding(touched, tracked)
    assert (refused.value.code, refused.value.offered) == ("names_fold", ("branch",))


def test_on_such_a_disk_other_names_pass_and_what_was_tracked_before_is_the_users_own() -> None:
    check_folding([b"a", b"b/c"], [b"a", b"b/c", b"d", b"X", b"x"])
