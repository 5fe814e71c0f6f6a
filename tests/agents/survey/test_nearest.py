"""A suite that does not fit into the budget: the files of tests nearest to the change are run first."""

from __future__ import annotations

from pathlib import Path

import pytest

from casework.agents.survey.ground import Budget, Tree
from casework.agents.survey.nearness import nearness
from casework.agents.survey.reading import read_order
from tests.agents.survey.ground import Project

pytestmark = pytest.mark.timeout(180)

SLOW = "hashlib.pbkdf2_hmac('sha256', b'', b'', 3_000_000)\n"
"""Takes half a second and more of any processor, and can't be hurried: nobody sleeps."""
SHOP = {
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n',
    "shop/__init__.py": "",
    "shop/price.py": (
        "def net(gross):\n    return gross * 100 // 119\n\n\ndef tax(gross):\n    return gross - net(gross)\n"
    ),
    "shop/order.py": "from shop.price import net\n\n\ndef total(prices):\n    return sum(net(one) for one in prices)\n",
    "tests/test_price.py": "from shop import price\n\n\ndef test_net():\n    assert price.net(1190) == 1000\n",
    "tests/test_order.py": "from shop.order import total\n\n\ndef test_total():\n    assert total([1190]) == 1000\n",
}


def suite(log: Path, far: int) -> dict[str, str]:
    """The shop with many files of tests that have nothing to do with it; each says in `log` that it is imported."""
    files = dict(SHOP)
    for n in range(far):
        files[f"tests/a/test_far_{n}.py"] = f"import hashlib\n\n{SLOW}\n\ndef test_far():\n    assert {n} + 1\n"
    note = f"with open({str(log)!r}, 'a') as log:\n    log.write(__file__.rpartition('/')[2] + '\\n')\n\n"
    return {path: note + text if "/test_" in path else text for path, text in files.items()}


def order_of(project: Project, before: dict[str, str], after: dict[str, str]) -> list[str]:
    tree = Tree(project.path)
    reading = read_order(project.order(before, after), tree, Budget(60.0))
    return nearness(reading, tree, reading.suspects).files


def test_a_change_far_from_most_of_a_slow_suite_is_answered_by_the_test_beside_it(
    project: Project, tmp_path: Path
) -> None:
    after = suite(tmp_path / "imported", far=80)
    before = after | {"shop/price.py": after["shop/price.py"].replace("119", "120")}
    marks = project.survey(before, after, budget_s=20)
    assert [(mark.guard, mark.why) for mark in marks.values()] == [("guarded", "tests/test_price.py::test_net")]
    imported = (tmp_path / "imported").read_text("utf-8").split()
    assert {"test_price.py", "test_order.py"} < set(imported)
    assert len(set(imported)) < 82, "there was no time for all of them"
    assert "of a suite that was not seen to its end" in project.comment


def test_where_the_whole_suite_was_not_seen_nothing_is_called_unguarded(project: Project, tmp_path: Path) -> None:
    after = suite(tmp_path / "imported", far=80)
    before = after | {"shop/price.py": after["shop/price.py"].replace("gross - net(gross)", "gross - net(gross) + 0")}
    marks = project.survey(before, after, budget_s=20)
    assert [mark.guard for mark in marks.values()] == ["not_looked_at"]
    assert {mark.final for mark in marks.values()} == {False}, "more time may say more"


def test_a_file_that_is_never_imported_to_its_end_does_not_hide_the_others(project: Project, tmp_path: Path) -> None:
    after = suite(tmp_path / "imported", far=0)
    after["tests/test_prices_more.py"] = "from shop import price\n\nwhile True:\n    pass\n"
    before = after | {"shop/price.py": after["shop/price.py"].replace("119", "120")}
    marks = project.survey(before, after, budget_s=40)
    assert [mark.guard for mark in marks.values()] == ["guarded"]


def test_a_near_file_with_long_tests_leaves_time_for_the_other_near_files(project: Project, tmp_path: Path) -> None:
    after = suite(tmp_path / "imported", far=80)
    after["shop/price.py"] = after["shop/price.py"].replace("gross - net", "gross + 0 - net")
    after["tests/test_price.py"] += "\n\ndef test_tax():\n    assert price.tax(1190) == 190\n"
    for n in range(60):
        after["tests/test_order.py"] += f"\n\ndef test_long_{n}():\n    {SLOW}"
    after["tests/test_order.py"] = "import hashlib\n" + after["tests/test_order.py"]
    before = after | {
        "shop/order.py": after["shop/order.py"].replace("sum(", "1 + sum("),
        "shop/price.py": after["shop/price.py"].replace("gross + 0", "gross + 1"),
    }
    marks = project.survey(before, after, budget_s=20)
    assert {name: mark.guard for name, mark in marks.items()} == {
        "shop/order.py:5": "guarded",
        "shop/price.py:6": "guarded",
    }


def test_what_is_called_after_the_module_comes_first_then_what_imports_it_then_what_imports_that(
    project: Project,
) -> None:
    after = SHOP | {
        "tests/b/conftest.py": "import shop.order\n",
        "tests/b/test_by_conftest.py": "def test_it():\n    pass\n",
        "tests/test_a_direct.py": "import shop.price\n",
        "tests/test_a_name.py": "import shop.price\n\nshop.price.net\n",
        "tests/test_a_nothing.py": "import os\n",
        "tests/test_a_slow.py": "import subprocess\nimport shop.price\n",
        "tests/helper.py": "from shop import price\n",
    }
    before = after | {"shop/price.py": after["shop/price.py"].replace("119", "120")}
    assert order_of(project, before, after) == [
        "tests/test_price.py",
        "tests/test_a_name.py",
        "tests/test_a_direct.py",
        "tests/test_order.py",
        "tests/b/test_by_conftest.py",
        "tests/test_a_slow.py",
        "tests/test_a_nothing.py",
    ]


def test_every_change_has_its_nearest_file_before_any_has_its_second(project: Project) -> None:
    after = SHOP | {"tests/test_price_more.py": "from shop.price import net\n"}
    before = after | {
        "shop/price.py": after["shop/price.py"].replace("119", "120"),
        "shop/order.py": after["shop/order.py"].replace("sum(net(one) for", "sum(net(one) + 0 for"),
    }
    assert order_of(project, before, after)[:2] == ["tests/test_order.py", "tests/test_price.py"]
