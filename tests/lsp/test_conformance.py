"""Everything a client can say too early, too late, twice or wrongly, and the one answer each request gets for it.

Table-driven, against a real daemon over a real relay. After each case two more requests are sent: they must be
answered, and nothing else may have been said, no pop-up and no second answer.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

import pytest

from tests.daemon.relayed import Message, Relayed, request, tiny_daemon
from tests.lsp.conformance_case import ECHO, OK, Case, cancel
from tests.lsp.conformance_frames import BODIES, FRAMES
from tests.lsp.conformance_messages import IDS, LIFE, METHODS, PARAMETERS, RESPONSES

pytestmark = pytest.mark.e2e

CASES: Final = [*FRAMES, *BODIES, *PARAMETERS, *METHODS, *RESPONSES, *LIFE, *IDS]


@pytest.fixture(scope="module")
def daemon() -> Iterator[dict[str, str]]:
    """The environment of one daemon for the whole table: no case may harm it."""
    with tiny_daemon() as process:
        with Relayed() as outsider:
            outsider.initialized()
            yield dict(os.environ)
            assert "result" in outsider.ask(1, ECHO), "a case harmed another connection"
        assert process.poll() is None, "a case ended the daemon"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_request_gets_the_one_answer_that_the_protocol_asks_for(case: Case, daemon: dict[str, str]) -> None:
    with Relayed(env=daemon) as client:
        if case.stage != "new":
            client.initialized()
        if case.stage == "shut down":
            client.ask("shutdown", "shutdown")
        client.send(*case.sent)
        heard = heard_until_both_are_answered(client, case)
    answers = [(message.get("id"), message.get("error", {}).get("code", OK)) for message in heard]
    assert sorted(answers, key=repr) == sorted(case.answers, key=repr)
    for message in heard:
        assert message["jsonrpc"] == "2.0"
        assert ("result" in message) != ("error" in message), message
        assert "Traceback" not in str(message)
        assert "secret" not in str(message)
    assert case.says in (str(heard[-1]) if heard else "")


def heard_until_both_are_answered(client: Relayed, case: Case) -> list[Message]:
    """What was said besides the answers to two requests: one behind the case, one behind all its answers."""
    heard: list[Message] = []
    client.send(request("behind the case", ECHO))
    is_asked_again = False
    while True:
        message = client.receive()
        assert message is not None, f"the connection ended; heard {heard}"
        if message.get("id") == "behind all":
            return heard
        if message.get("id") != "behind the case":
            heard.append(message)
        elif not case.answers:
            client.send(request("behind all", ECHO))
            is_asked_again = True
        if len(heard) >= len(case.answers) and not is_asked_again:
            client.send(request("behind all", ECHO))
            is_asked_again = True


def test_the_table_is_as_large_as_promised_and_has_no_case_twice() -> None:
    assert len(CASES) >= 100
    assert len({case.name for case in CASES}) == len(CASES)


def test_a_handler_that_lets_nothing_stop_it_is_answered_with_its_result(daemon: dict[str, str]) -> None:
    with Relayed(env=daemon) as client:
        client.initialized()
        client.send(request(1, "casework/tiny/stubborn"))
        client.ask(2, ECHO)
        client.send(cancel(1))
        assert client.answer_to(1)["result"] == "done all the same"
