"""What a survey says when it is over: the table, and what there is to say beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from casework.agents.survey.engine import Survey
from casework.domain.survey import HunkMark


def table(survey: Survey, proposals: list[str], seconds: float) -> str:
    """Give the comment, as Markdown."""
    marks = list(survey.marks.values())
    lines = list(_counts(marks))
    lines += ["", *_unguarded(survey)]
    if proposals:
        lines += ["Proposed, each seen to pass on the head five times of five, and to fail without its hunk:", ""]
        lines += [f"- {one}" for one in proposals]
        lines.append("")
    lines += [f"{note}\n" for note in survey.notes]
    base = survey.baseline
    if base.tests:
        seen = "" if base.complete else " of a suite that was not seen to its end"
        lines.append(f"{len(base.tests)} tests{seen}, {base.seconds:.1f} s on the head; {seconds:.0f} s in all, ")
        lines[-1] += f"of {survey.order.asked.budget_s:g} s. {survey.order.environment}".rstrip()
    return "\n".join(lines).strip() + "\n"


def _counts(marks: list[HunkMark]) -> Iterator[str]:
    by_guard = Counter(mark.guard for mark in marks)
    yield "| hunks | | |"
    yield "|---|---:|---|"
    yield f"| guarded | {by_guard['guarded']} | taken back alone, they turn a test red |"
    yield f"| unguarded | {by_guard['unguarded']} | nothing turned red |"
    why = Counter(mark.why for mark in marks if mark.guard == "not_looked_at")
    said = ", ".join(f"{count} {reason}" for reason, count in why.most_common(8)) or "none"
    yield f"| not looked at | {by_guard['not_looked_at']} | {said} |"


def _unguarded(survey: Survey) -> Iterator[str]:
    if not survey.marks:
        yield "The range changes no lines, so there was nothing to look at."
        yield ""
        return
    if not survey.unguarded:
        if any(mark.guard == "guarded" for mark in survey.marks.values()):
            yield "Nothing was found unguarded."
            yield ""
        return
    yield "Unguarded:"
    yield ""
    for one in survey.unguarded:
        yield f"- `{one.place}`: {survey.marks[one.id].why}{survey.witnessed.get(one.id, '')}"
    yield ""
