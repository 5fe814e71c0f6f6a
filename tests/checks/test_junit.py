"""JUnit's XML as runners write it, and as nobody who means well does."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.checks.junit import MOST_BYTES, NotJUnit, read_junit
from casework.domain.evidence import Case

PYTEST = b"""<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" errors="0" failures="1" skipped="1" tests="3" time="0.1">
<testcase classname="tests.test_price" name="test_total" time="0.001" />
<testcase classname="tests.test_price" name="test_vat"><failure message="assert 0 == 3&#10;more">x</failure></testcase>
<testcase classname="tests.test_price" name="test_old"><skipped type="pytest.skip" message="later" /></testcase>
</testsuite></testsuites>"""


def test_what_pytest_writes_is_read() -> None:
    assert read_junit(PYTEST) == (
        Case(id="tests.test_price::test_total", outcome="passed"),
        Case(id="tests.test_price::test_vat", outcome="failed", why="assert 0 == 3"),
        Case(id="tests.test_price::test_old", outcome="skipped", why="later"),
    )


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "it is not well-formed (no element found: line 1, column 0)"),
        (b"<html/>", "it begins with <html>"),
        (b"<testsuite><testcase", "it is not well-formed (unclosed token: line 1, column 11)"),
        (
            b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><testsuite>&b;</testsuite>',
            "it declares a document type or entities, which no report needs",
        ),
        (
            b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><testsuite/>',
            "it declares a document type or entities, which no report needs",
        ),
        (b"<testsuite>" * 100, "it is nested too deeply"),
        (b" " * (MOST_BYTES + 1), "it has more than 16 MiB"),
    ],
)
def test_what_is_no_report_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(NotJUnit) as refused:
        read_junit(raw)
    assert str(refused.value) == why


@given(st.binary(max_size=200))
def test_nothing_else_is_ever_raised(raw: bytes) -> None:
    with contextlib.suppress(NotJUnit):
        assert read_junit(b"<testsuite>" + raw) is not None
