"""What is verified, what is only claimed: every way to lie, as a rule without a process."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from casework.domain.evidence import Case, Evidence, LoadedFile, Proof, Seen, Standing, in_short, judge, standing_of
from casework.domain.spec import Criterion

TEST = "tests/test_charge.py::test_expired"
SOURCE = "pay/charge.py"
AC1 = Criterion(id="AC1", text="Expired cards are refused.")


def seen(*cases: Case, colour: str = "green", loaded: Sequence[LoadedFile] | None = None, **more: object) -> Seen:
    files = (LoadedFile(path=SOURCE, same=True),) if loaded is None else tuple(loaded)
    known: dict[str, object] = {"sentence": f"`pytest`: {colour}.", "proven": True, "loaded": files}
    return Seen.model_validate({"colour": colour, "cases": cases, **known, **more})


def case(name: str = TEST, outcome: str = "passed") -> Case:
    return Case.model_validate({"id": name, "outcome": outcome})


RED = seen(case(outcome="failed"), colour="red")
GREEN = seen(case())


def judged(
    head: Seen = GREEN, base: Seen | None = None, before: Seen | None = RED, *, deciders: Sequence[str] = ()
) -> Evidence:
    return judge("pytest", head, base or seen(), before, sources=[SOURCE], deciders=deciders, named=[TEST])


def known(evidence: Evidence | None, *, claims: Sequence[str] = ("AC1",), test: str = TEST) -> Standing:
    proofs = [Proof(criterion="AC1", test=test)] if test else []
    return standing_of(AC1, claims, proofs, [evidence] if evidence else [], unchecked="Not checked: not trusted.")


def test_red_before_and_green_now_on_a_proven_tree_is_verified() -> None:
    assert known(judged()) == Standing(state="verified", sentence=f"{TEST}, red before, green now")


def test_the_agents_word_alone_is_claimed() -> None:
    assert known(None, test="") == Standing(state="claimed", sentence="The agent says so and names no test.")
    assert known(judged(), test="").state == "claimed"
    assert known(None) == Standing(state="claimed", sentence=f"The agent names {TEST}. Not checked: not trusted.")


def test_what_nobody_claims_is_not_checked() -> None:
    assert known(None, claims=(), test="") == Standing(state="not_checked", sentence="Not checked: not trusted.")
    assert standing_of(AC1, (), (), [judged()], unchecked="").sentence == "Nobody says that it is met."


@pytest.mark.parametrize(
    ("evidence", "why"),
    [
        (judged(before=GREEN), f"The agent names {TEST}, which is green, but not seen red without the change."),
        (judged(before=None), f"The agent names {TEST}, which is green, but not seen red without the change."),
        (judged(seen(case("tests/other.py::test_x"))), f"The agent names {TEST}, which no check has seen pass."),
        (judged(seen(case(outcome="skipped"))), f"The agent names {TEST}, which no check has seen pass."),
        (judged(seen(case(outcome="xfailed"))), f"The agent names {TEST}, which no check has seen pass."),
        (judged(RED), f"The agent names {TEST}, and `pytest` is red."),
        (
            judged(seen(case(), case("tests/a.py::test_b", "failed"), colour="red")),
            f"The agent names {TEST}, and `pytest` is red.",
        ),
        (
            judged(seen(case(), elsewhere=("/site-packages/pay/charge.py",))),
            (
                f"The agent names {TEST}; imported from /site-packages/pay/charge.py, not from this tree, so it says "
                "nothing about the change."
            ),
        ),
        (
            judged(seen(case(), loaded=())),
            (
                f"The agent names {TEST}; the check never loaded {SOURCE}, which the change touches, so it does not "
                "count for it."
            ),
        ),
        (
            judged(seen(case(), loaded=[LoadedFile(path=SOURCE, same=False)])),
            (
                f"The agent names {TEST}; {SOURCE} was another file when it was run than the tree has, so it says "
                "nothing about the change."
            ),
        ),
        (
            judged(seen(case(), proven=False)),
            f"The agent names {TEST}; it ended well, but nothing tells that it ran the code of this tree.",
        ),
        (
            judged(deciders=["conftest.py"]),
            (
                f"The agent names {TEST}, red before, green now, but the change touches what decides this check "
                "(conftest.py): read that first."
            ),
        ),
        (
            judged(base=seen(case("tests/test_old.py::test_gone"))),
            (
                f"The agent names {TEST}, red before, green now, but 1 test is gone with the change: "
                "tests/test_old.py::test_gone."
            ),
        ),
        (
            judged(
                seen(case(), case("tests/test_old.py::test_quiet", "xfailed")),
                base=seen(case("tests/test_old.py::test_quiet", "failed")),
            ),
            (
                f"The agent names {TEST}, red before, green now, but 1 test is skipped or expected to fail with the "
                "change: tests/test_old.py::test_quiet."
            ),
        ),
    ],
)
def test_nothing_less_is_verified_and_the_sentence_says_why(evidence: Evidence, why: str) -> None:
    assert known(evidence) == Standing(state="claimed", sentence=why)


def test_every_test_that_a_claim_names_must_show_it() -> None:
    proofs = [Proof(criterion="AC1", test=TEST), Proof(criterion="AC1", test="tests/x.py::test_y")]
    found = standing_of(AC1, ["AC1"], proofs, [judged()], unchecked="")
    assert found.state == "claimed"


def test_a_second_command_that_is_red_verifies_nothing() -> None:
    lint = Evidence(command="ruff check", colour="red", sentence="`ruff check`: exit code 1.")
    proofs = [Proof(criterion="AC1", test=TEST)]
    assert standing_of(AC1, ["AC1"], proofs, [judged(), lint], unchecked="").state == "claimed"


def test_what_is_red_without_the_change_too_is_said_so() -> None:
    found = judged(RED, base=RED, before=None)
    assert (found.colour, found.already_red) == ("red", True)
    assert found.sentence == "`pytest`: red. All of it is red without the change too."
    other = judged(RED, base=seen(case("tests/a.py::test_b", "failed"), colour="red"), before=None)
    assert (other.already_red, other.sentence) == (False, f"`pytest`: red. Green without the change: {TEST}.")


def test_a_green_check_that_is_not_proven_is_not_green() -> None:
    assert judged(seen(case(), proven=False)).colour == "not_checked"
    assert judged(seen(case(), loaded=())).colour == "not_checked"
    assert judged(GREEN).colour == "green"


def test_one_colour_for_all() -> None:
    green, red = judged(), judged(RED)
    unknown = Evidence(command="make", colour="not_checked", sentence="x")
    assert [in_short(found) for found in ([green], [green, red], [green, unknown], [])] == [
        "green",
        "red",
        "not_checked",
        "not_checked",
    ]
