"""Evidence lies easily: real projects, real environments, real boxes, and everything that once passed for proof."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from casework.checks.confined import ConfinedChecks
from casework.domain.evidence import Evidence, Seen, judge
from tests.checks.shop import install, lay, put_environment, tree, wanted

BROKEN = {"src/shop/price.py": "def total(prices):\n    return 0\n"}


async def seen(checks: ConfinedChecks, top: Path, folder: Path, command: str = "pytest -q") -> Seen:
    return (await checks.run(wanted(top, folder, command))).seen


def judged(head: Seen, base: Seen | None = None, *, deciders: Sequence[str] = ()) -> Evidence:
    return judge("pytest -q", head, base, None, sources=["src/shop/price.py"], deciders=deciders, named=())


async def test_a_green_suite_on_this_tree_is_proven(checks: ConfinedChecks, shop: Path, tmp_path: Path) -> None:
    head = await seen(checks, shop, tree(shop, tmp_path / "head"))
    assert (head.colour, head.sentence, head.proven) == ("green", "`pytest -q`: 2 passed.", True)
    assert [(case.id, case.outcome) for case in head.cases] == [
        ("tests/test_price.py::test_total", "passed"),
        ("tests/test_price.py::test_nothing", "passed"),
    ]
    assert ("src/shop/price.py", True) in [(file.path, file.same) for file in head.loaded]
    assert judged(head).colour == "green"


async def test_the_editable_install_means_the_tree_under_test_and_not_the_users(
    checks: ConfinedChecks, shop: Path, tmp_path: Path
) -> None:
    head = await seen(checks, shop, tree(shop, tmp_path / "head", BROKEN))
    assert (head.colour, head.proven) == ("red", True)
    assert "tests/test_price.py::test_total: assert 0 == 3" in head.sentence


async def test_an_editable_install_of_another_clone_is_not_this_tree(
    checks: ConfinedChecks, shop: Path, template: Path, tmp_path: Path
) -> None:
    clone = tree(shop, tmp_path / "clone")
    site = put_environment(template, clone)
    install(shop, site)  # the environment of the clone points at the shop
    shutil.copytree(shop / "src", site.parent / "elsewhere")
    (site / "_shop.pth").write_text(str(site.parent / "elsewhere"))
    head = await seen(checks, clone, tree(clone, tmp_path / "head", BROKEN))
    assert (head.colour, head.proven) == ("green", False)
    assert judged(head).colour == "not_checked"
    assert judged(head).sentence == (
        f"imported from {site.parent}/elsewhere/shop/__init__.py, not from this tree, so it says nothing about the "
        "change."
    )


async def test_a_plain_copy_in_the_environment_is_not_this_tree(
    checks: ConfinedChecks, shop: Path, template: Path, tmp_path: Path
) -> None:
    clone = tree(shop, tmp_path / "clone")
    site = put_environment(template, clone)
    install(clone, site, editable=False)
    head = await seen(checks, clone, tree(clone, tmp_path / "head", BROKEN))
    assert head.colour == "green"
    found = judged(head)
    assert (found.colour, found.proven) == ("not_checked", False)
    assert found.sentence.startswith(f"imported from {site}/shop/__init__.py, not from this tree")


async def test_a_conftest_that_puts_another_path_first_is_seen(
    checks: ConfinedChecks, shop: Path, tmp_path: Path
) -> None:
    changes = {
        **BROKEN,
        "other/shop/__init__.py": "",
        "other/shop/price.py": "def total(prices):\n    return sum(prices)\n",
        "conftest.py": "import sys\nsys.path.insert(0, __file__.rpartition('/')[0] + '/other')\n",
    }
    head = await seen(checks, shop, tree(shop, tmp_path / "head", changes))
    assert head.colour == "green"
    found = judged(head, deciders=["conftest.py"])
    assert (found.colour, found.proven) == ("not_checked", False)
    assert "the check never loaded src/shop/price.py" in found.sentence


async def test_a_copy_that_a_test_made_elsewhere_is_seen(checks: ConfinedChecks, shop: Path, tmp_path: Path) -> None:
    test = """\
        import pathlib, sys, tempfile
        place = pathlib.Path(tempfile.mkdtemp()) / "shop"
        place.mkdir()
        (place / "__init__.py").touch()
        (place / "price.py").write_text("def total(prices): return sum(prices)")
        sys.path.insert(0, str(place.parent))
        from shop.price import total

        def test_total():
            assert total([1, 2]) == 3
        """
    head = await seen(checks, shop, tree(shop, tmp_path / "head", {**BROKEN, "tests/test_price.py": test}))
    assert head.colour == "green"
    found = judged(head)
    assert (found.colour, found.proven) == ("not_checked", False)
    assert "/shop/__init__.py, not from this tree" in found.sentence


async def test_a_file_that_is_changed_before_it_is_loaded_is_seen(
    checks: ConfinedChecks, shop: Path, tmp_path: Path
) -> None:
    test = """\
        import pathlib
        source = pathlib.Path(__file__).parents[1] / "src/shop/price.py"
        source.write_text("def total(prices): return sum(prices)")
        from shop.price import total

        def test_total():
            assert total([1, 2]) == 3
        """
    head = await seen(checks, shop, tree(shop, tmp_path / "head", {**BROKEN, "tests/test_price.py": test}))
    assert (head.colour, head.proven) == ("green", False)
    assert judged(head).sentence == (
        "src/shop/price.py was another file when it was run than the tree has, so it says nothing about the change."
    )


async def test_bytecode_that_came_with_the_tree_is_not_run(checks: ConfinedChecks, shop: Path, tmp_path: Path) -> None:
    import py_compile

    folder = tree(shop, tmp_path / "head")
    source = folder / "src" / "shop" / "price.py"
    py_compile.compile(str(source), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    lay(folder, BROKEN)
    head = await seen(checks, shop, folder)
    assert head.colour == "red"


async def test_what_a_test_writes_into_the_record_takes_nothing_back(
    checks: ConfinedChecks, shop: Path, tmp_path: Path
) -> None:
    test = """\
        import json, os, pathlib
        from shop.price import total

        def test_total():
            with open(os.environ["CASEWORK_RECORD"], "w") as record:
                for when in ("setup", "call", "teardown"):
                    said = {"t": "test", "pid": 1, "id": "tests/test_price.py::test_other", "when": when}
                    record.write(json.dumps({**said, "outcome": "passed"}) + "\\n")
            assert total([1, 2]) == 3

        def test_other():
            assert total([2]) == 2
        """
    head = await seen(checks, shop, tree(shop, tmp_path / "head", {**BROKEN, "tests/test_price.py": test}))
    assert head.colour == "red"
    assert {case.id: case.outcome for case in head.cases} == {
        "tests/test_price.py::test_total": "failed",
        "tests/test_price.py::test_other": "failed",
    }


async def test_the_record_can_not_be_put_out_of_the_way(checks: ConfinedChecks, shop: Path, tmp_path: Path) -> None:
    test = """\
        import os
        try:
            os.unlink(os.environ["CASEWORK_RECORD"])
        except OSError:
            pass
        os.closerange(3, 1000)
        from shop.price import total

        def test_total():
            assert total([1, 2]) == 3
        """
    head = await seen(checks, shop, tree(shop, tmp_path / "head", {**BROKEN, "tests/test_price.py": test}))
    assert head.colour == "red"


async def test_a_process_that_ends_before_its_record_does_is_not_believed(
    checks: ConfinedChecks, shop: Path, tmp_path: Path
) -> None:
    test = "import os\nfrom shop.price import total\n\ndef test_total():\n    os._exit(0)\n"
    head = await seen(checks, shop, tree(shop, tmp_path / "head", {**BROKEN, "tests/test_price.py": test}))
    assert (head.colour, head.sentence) == (
        "not_checked",
        "`pytest -q` ended well, but its record breaks off, so it says nothing.",
    )


async def test_a_conftest_that_reports_failures_as_passed_is_contradicted(
    checks: ConfinedChecks, shop: Path, tmp_path: Path
) -> None:
    conftest = """\
        import pytest

        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_makereport(item, call):
            outcome = yield
            report = outcome.get_result()
            report.outcome = "passed"
            report.longrepr = None
        """
    head = await seen(checks, shop, tree(shop, tmp_path / "head", {**BROKEN, "conftest.py": conftest}))
    assert head.exit_code == 0
    assert head.colour == "red"
    assert "test_total: It raised AssertionError and was reported as passed." in head.sentence


async def test_a_deleted_and_a_skipped_test_are_named(checks: ConfinedChecks, shop: Path, tmp_path: Path) -> None:
    test = """\
        import pytest
        from shop.price import total

        @pytest.mark.skip
        def test_nothing():
            assert total([]) == 0
        """
    base = await seen(checks, shop, tree(shop, tmp_path / "base"))
    head = await seen(checks, shop, tree(shop, tmp_path / "head", {**BROKEN, "tests/test_price.py": test}))
    assert judged(head, base).doubts == (
        "1 test is gone with the change: tests/test_price.py::test_total.",
        "1 test is skipped or expected to fail with the change: tests/test_price.py::test_nothing.",
    )


async def test_a_pytest_of_the_trees_own_is_no_pytest(checks: ConfinedChecks, shop: Path, tmp_path: Path) -> None:
    folder = tree(shop, tmp_path / "head", {**BROKEN, "pytest.py": "print('2 passed in 0.01s')\n"})
    head = await seen(checks, shop, folder, "python -m pytest -q")
    assert (head.colour, head.proven, head.cases) == ("green", False, ())
    assert judged(head).colour == "not_checked"


NEW_TEST = """\
    import pytest
    import shop.discount
    from shop.discount import off
    from shop.price import TooMuch, total

    def test_raises():
        with pytest.raises(TooMuch):
            total([1000])

    def test_off():
        assert off(10) == 9 == shop.discount.off(10)

    def test_total():
        assert total([1, 2]) == 3

    def test_that_tests_nothing():
        pass
    """
NEW_CODE = {
    "src/shop/discount.py": "def off(price):\n    return price * 9 // 10\n",
    "src/shop/price.py": (
        "class TooMuch(Exception): ...\n\ndef total(prices):\n    full = sum(prices)\n"
        "    if full > 100:\n        raise TooMuch\n    return full\n"
    ),
}


async def test_what_a_change_adds_is_missed_test_by_test_without_it(
    checks: ConfinedChecks, shop: Path, tmp_path: Path
) -> None:
    tests = {"tests/test_new.py": NEW_TEST}
    only = ("tests/test_new.py",)
    before = (await checks.run(wanted(shop, tree(shop, tmp_path / "before", tests), only=only))).seen
    head = await seen(checks, shop, tree(shop, tmp_path / "head", {**NEW_CODE, **tests}))
    assert {case.id: case.outcome for case in before.cases} == {
        "tests/test_new.py::test_raises": "failed",
        "tests/test_new.py::test_off": "failed",
        "tests/test_new.py::test_total": "passed",
        "tests/test_new.py::test_that_tests_nothing": "passed",
    }
    found = judge("pytest", head, None, before, sources=list(NEW_CODE), deciders=(), named=())
    assert found.turned == ("tests/test_new.py::test_raises", "tests/test_new.py::test_off")


async def test_a_test_that_can_not_be_loaded_without_the_change_turned_nothing(
    checks: ConfinedChecks, shop: Path, tmp_path: Path
) -> None:
    test = "from shop.price import TooMuch\n\nclass Mine(TooMuch): ...\n\ndef test_nothing():\n    pass\n"
    folder = tree(shop, tmp_path / "before", {"tests/test_new.py": test})
    before = (await checks.run(wanted(shop, folder, only=("tests/test_new.py",)))).seen
    assert [(case.id, case.outcome) for case in before.cases] == [("tests/test_new.py", "error")]


async def test_tests_that_run_in_several_processes_are_known_one_by_one(
    checks: ConfinedChecks, shop: Path, tmp_path: Path
) -> None:
    head = await seen(checks, shop, tree(shop, tmp_path / "head"), "pytest -q -n 2")
    assert (head.colour, head.sentence, head.proven) == ("green", "`pytest -q -n 2`: 2 passed.", True)
    broken = await seen(checks, shop, tree(shop, tmp_path / "broken", BROKEN), "pytest -q -n 2")
    assert (broken.colour, broken.proven) == ("red", True)
    assert "1 passed, 1 failed" in broken.sentence


async def test_a_test_that_is_only_written_into_the_record_is_not_believed(
    checks: ConfinedChecks, shop: Path, tmp_path: Path
) -> None:
    test = """\
        import json, os, pathlib
        from shop.price import total

        def test_total():
            said = {"pid": os.getpid(), "id": "tests/test_price.py::test_invented", "when": "call"}
            lines = [{"t": "call", "raised": "", **said}, {"t": "test", "outcome": "passed", **said}]
            pathlib.Path(os.environ["CASEWORK_RECORD"]).write_text("".join(json.dumps(one) + "\\n" for one in lines))
        """
    head = await seen(checks, shop, tree(shop, tmp_path / "head", {"tests/test_price.py": test}))
    assert (head.colour, head.proven, head.sentence) == (
        "not_checked",
        False,
        "`pytest -q` ended well, but something in it wrote to its record, so it says nothing.",
    )
