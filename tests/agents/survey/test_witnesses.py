"""Which changes a survey finds a witness of: one small shop, and what its tests do with it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.agents.survey.ground import Project

pytestmark = pytest.mark.timeout(180)

SHOP = """from datetime import timedelta


class Price:
    def __init__(self, cents, currency="EUR"):
        self.cents = cents
        self.currency = currency

    def __eq__(self, other):
        if isinstance(other, Price):
            return self.cents == other.cents
        return NotImplemented

    def __hash__(self):
        return hash(self.cents)

    def text(self, sign=False):
        return f"{self.cents / 100:.2f}" + (self.currency if sign else "")


class Basket:
    def __init__(self, prices=()):
        self.prices = list(prices)

    def add(self, price):
        self.prices.append(price)

    def total(self):
        return sum(price.cents for price in self.prices)


def wait(days):
    return timedelta(days=days)


def show(name):
    print(f"shop {name}")


def unquoted(text):
    if text and text[0] in ("'", '"') and text[0] == text[-1]:
        return text[1:-1]
    return text
"""
TESTS = """import pytest
from shop import Basket, Price, show, unquoted, wait


@pytest.fixture
def basket():
    return Basket([Price(250)])


def test_total(basket):
    basket.add(Price(50))
    assert basket.total() == 300


def test_price():
    assert Price(250).text() == "2.50"
    assert Price(1) == Price(1)
    assert hash(Price(1)) == hash(1)


def test_wait():
    assert wait(1).days == 1


def test_show():
    show("open")


def test_unquoted():
    assert unquoted("'a'") == "a"
"""


def check(project: Project, edit: tuple[str, str]) -> list[str]:
    """Survey one unguarded change of the shop; give the lines of the test that is proposed, and its imports."""
    old, new = edit
    assert SHOP.count(old) == 1, old
    before = {"pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n', "tests/test_shop.py": TESTS}
    after: Mapping[str, str] = {**before, "shop.py": SHOP.replace(old, new)}
    marks = project.survey({**before, "shop.py": SHOP}, after)
    assert {mark.guard for mark in marks.values()} == {"unguarded"}
    stood = TESTS.splitlines()
    return [line for line in project.read("tests/test_shop.py").splitlines() if line not in stood]


@pytest.mark.parametrize(
    ("edit", "test"),
    [
        pytest.param(
            ('(self.currency if sign else "")', '(" " + self.currency if sign else "")'),
            ["def test_price_text_sign_true():", '    assert Price(250).text(sign=True) == "2.50 EUR"'],
            id="an option that no test gives, of an object that a test makes",
        ),
        pytest.param(
            ("self.cents == other.cents", "(self.cents, self.currency) == (other.cents, other.currency)"),
            ["def test_price_price_1():", '    assert (Price(1, currency="") == Price(1)) is False'],
            id="an operator",
        ),
        pytest.param(
            ("sum(price.cents for price in self.prices)", "max(sum(price.cents for price in self.prices), 0)"),
            ["def test_basket_total():", "    assert Basket([Price(-1)]).total() == 0"],
            id="an object that a fixture makes, and what became of it",
        ),
        pytest.param(
            ("timedelta(days=days)", "timedelta(days=max(days, 0))"),
            [
                "from datetime import timedelta",
                "def test_wait_minus_1():",
                "    assert wait(-1) == timedelta(0)",
            ],
            id="a value that needs an import",
        ),
        pytest.param(
            ('print(f"shop {name}")', 'print(f"shop: {name}")'),
            [
                "def test_show_open(capsys):",
                '    assert capsys.readouterr().out == "shop: open\\n"',
            ],
            id="what is printed",
        ),
        pytest.param(
            ("""("'", '"') and""", """("'", '"', "`") and"""),
            ["def test_unquoted_a():", '    assert unquoted("`a`") == "a"'],
            id="a literal of the hunk around what a test gives",
        ),
    ],
)
def test_a_witness_is_found_for(project: Project, edit: tuple[str, str], test: list[str]) -> None:
    found = check(project, edit)
    assert found == test, "\n".join(found)


def test_what_the_hunk_refuses_is_one(project: Project) -> None:
    found = check(
        project,
        (
            "    return timedelta(days=days)",
            '    if days < 0:\n        raise ValueError("no time")\n    return timedelta(days=days)',
        ),
    )
    assert found == ["def test_wait_minus_1():", "    with pytest.raises(ValueError):", "        wait(-1)"]


def test_what_happens_by_accident_with_the_hunk_is_none(project: Project) -> None:
    assert check(project, ("    return timedelta(days=days)", "    return timedelta(days=1 / (1 / days))")) == []
