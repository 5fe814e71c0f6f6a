"""Redaction: what is planted does not survive, what is no secret stays, and time grows with the text only."""

from __future__ import annotations

import string
import time

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from casework.domain.redaction import redact, redact_bytes
from casework.domain.secret_rules import RULES

_ALNUM = string.ascii_letters + string.digits
_WEB = _ALNUM + "-_"


def _of(alphabet: str, least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=least, max_size=most or least + 20)


def _behind(prefix: str, alphabet: str, least: int, most: int | None = None) -> st.SearchStrategy[str]:
    return _of(alphabet, least, most).map(lambda rest: prefix + rest)


def _strong(least: int = 12) -> st.SearchStrategy[str]:
    """A password with letters, digits and symbols, of many different characters."""
    return (
        st.permutations(list("aB3$xY7!kQ9?"))
        .map("".join)
        .filter(lambda text: text[0] not in "$?!")
        .map(lambda text: text[:least])
    )


_KEY_LINES = st.lists(_of(_ALNUM + "+/", 64, 64), min_size=1, max_size=5).map("\n".join)

SECRETS: dict[str, st.SearchStrategy[tuple[str, str]]] = {
    # rule: (text that carries the secret, the secret)
    name: strategy.map(lambda secret: (secret, secret))
    for name, strategy in {
        "aws-access-key": _behind("AKIA", string.ascii_uppercase + "234567", 16, 16),
        "github-token": st.one_of(_behind("ghp_", _ALNUM, 36), _behind("github_pat_", _ALNUM + "_", 60)),
        "gitlab-token": st.one_of(_behind("glpat-", _WEB, 20), _behind("glrt-", _WEB, 20)),
        "slack-token": st.one_of(_behind("xoxb-", _ALNUM + "-", 20), _behind("xapp-1-", _ALNUM + "-", 20)),
        "stripe-key": st.one_of(_behind("sk_live_", _ALNUM, 24), _behind("whsec_", _ALNUM, 32)),
        "anthropic-key": _behind("sk-ant-api03-", _WEB, 80),
        "openai-key": st.one_of(
            _behind("sk-proj-", _WEB, 40),
            st.tuples(_of(_ALNUM, 20, 20), _of(_ALNUM, 20, 20)).map(lambda both: f"sk-{both[0]}T3BlbkFJ{both[1]}"),
        ),
        "google-api-key": _behind("AIza", _WEB, 35, 35),
        "google-oauth": st.one_of(_behind("GOCSPX-", _WEB, 28, 28), _behind("ya29.", _WEB, 40)),
        "npm-token": _behind("npm_", _ALNUM, 36, 36),
        "pypi-token": _behind("pypi-AgEIcHlwaS5vcmc", _WEB, 60),
        "huggingface-token": _behind("hf_", string.ascii_letters, 34),
        "jwt": st.tuples(_behind("eyJ", _WEB, 10), _behind("eyJ", _WEB, 10), _of(_WEB, 43, 43)).map(".".join),
    }.items()
} | {
    "slack-webhook": _of(_ALNUM, 24).map(lambda path: (f"https://hooks.slack.com/services/T0/B0/{path}", path)),
    "azure-key": _of(_ALNUM + "+/", 86, 86).map(lambda key: (f"AccountName=a;AccountKey={key}==;", key)),
    "authorization": _of(_ALNUM, 12).map(lambda value: (f'curl -H "Authorization: Basic {value}" url', value)),
    "bearer-token": _of(_ALNUM, 20).map(lambda value: (f"send bearer {value}1 along", value)),
    "url-password": _of(_ALNUM + "!*-_:", 9).map(
        lambda value: (f"postgres://ada:{value}@db.example.org:5432/x", value)
    ),
    "private-key": _KEY_LINES.map(
        lambda body: (f"-----BEGIN EC PRIVATE KEY-----\n{body}\n-----END EC PRIVATE KEY-----", body)
    ),
}

_CARRIERS = (
    "password={}",
    "DB_PASSWORD: {}",
    'password: str = "{}"',
    "client_secret => '{}'",
    '{{"api_key": "{}", "n": 1}}',
    '{{\\"token\\": \\"{}\\"}}',
    "config['auth_key'] = '{}'",
    "Server=db;Uid=ada;Pwd={};",
    "deploy --api-token {} now",
    "aws_secret_access_key := {}",
)

_AROUND = st.text(st.characters(codec="utf-8"), max_size=30)


@pytest.mark.parametrize("rule", sorted(SECRETS))
@settings(deadline=None)
@given(data=st.data())
def test_a_planted_secret_never_survives(rule: str, data: st.DataObject) -> None:
    carrier, secret = data.draw(SECRETS[rule])
    before, behind = data.draw(_AROUND), data.draw(_AROUND)
    assume(secret not in before + behind and carrier.count(secret) == 1)
    assume(secret not in f"[redacted: {rule}]")  # a secret that is a piece of the marker stands in every marker
    text = f"{before}\n{carrier}\n{behind}"
    assert secret not in redact(text)
    assert secret.encode() not in redact_bytes(text.encode())


@pytest.mark.parametrize("carrier", _CARRIERS)
@settings(deadline=None)
@given(value=_strong())
def test_a_value_of_a_secret_name_never_survives(carrier: str, value: str) -> None:
    assert value not in redact(carrier.format(value))


def test_every_rule_has_a_secret_planted() -> None:
    assert {rule.name for rule in RULES} | {"jwt", "private-key"} == set(SECRETS) | {"password"}
    assert all(rule.source for rule in RULES)


def test_the_marker_names_the_rule_and_leaves_what_surrounds_it() -> None:
    assert redact("key AKIAIOSFODNN7EXAMPLE, then") == "key [redacted: aws-access-key], then"
    assert (
        redact("git clone https://ada:hunter2@example.org/x")
        == "git clone https://ada:[redacted: url-password]@example.org/x"
    )
    assert redact('"password": "hunter2abc", "n": 1') == '"password": "[redacted: password]", "n": 1'


def test_a_secret_right_behind_an_escape_or_a_word_is_seen() -> None:
    token = "ghp_" + "a1B2" * 9
    assert redact(f'"line\\n{token}"') == '"line\\n[redacted: github-token]"'
    assert redact(f"prefix{token}") == "prefix[redacted: github-token]"


def test_a_private_key_keeps_its_line_breaks_and_what_follows() -> None:
    body = "\r\n".join(["MIIEpAIBAAKCAQEA" * 4] * 3)
    text = f"a\n-----BEGIN RSA PRIVATE KEY-----\r\n{body}\r\n-----END RSA PRIVATE KEY-----\nb"
    assert redact(text) == "a\n[redacted: private-key]\r\n\r\n\r\n\r\n\nb"


def test_a_private_key_that_is_cut_off_goes_as_far_as_it_looks_like_one() -> None:
    assert redact("-----BEGIN PRIVATE KEY-----\n" + "MIIEpAIB" * 8 + "\n(cut)") == "[redacted: private-key]\n\n(cut)"


def test_a_private_key_in_a_patch_and_in_json_is_seen() -> None:
    lines = ["-----BEGIN PRIVATE KEY-----", "MIIEpAIB" * 8, "-----END PRIVATE KEY-----"]
    assert "MIIEpAIB" not in redact("".join(f"+{line}\n" for line in lines))
    assert "MIIEpAIB" not in redact('{"private_key": "' + "\\n".join(lines) + '"}')


INNOCENT = (
    "",
    "Rename the parser so that tokens of the key table come first.",
    "def login(password: str, token: str | None = None) -> Secret: ...",
    "token = get_token()\nsecret = settings.secret\npassword = os.environ['DB_PASSWORD']",
    "password: ${DB_PASSWORD}\ntoken: {{ github_token1 }}\npwd=$(cat file1)\nsecret=<your-secret-1>",
    "max_tokens: 4096, token_count=12345678, api_key=None, secret: some-kebab-name",
    "http://localhost:8080/path and https://user@example.org and ssh://git@example.org:22/x",
    "https://user:${TOKEN}@example.org",
    "Bearer of good news; authorization is required; basic understanding",
    "the header -----BEGIN PRIVATE KEY----- begins such a block",
    "commit 9fceb02d0ae598e95dc970b74767f19372d6 and sha256 " + "ab12" * 16,
    "eyJ alone, and a.b.c, and task-0123456789abcdef0123456789abcdef",
    "naïve ☃ \U0001f600 \u2028 text",
    "[redacted: password] and password=[redacted: password]",
)


@pytest.mark.parametrize("text", INNOCENT)
def test_text_without_secrets_is_unchanged(text: str) -> None:
    assert redact(text) == text
    assert redact_bytes(text.encode()) == text.encode()


@settings(deadline=None)
@given(words=st.lists(st.text(string.ascii_lowercase + ".,()\n ", max_size=12)))
def test_prose_is_unchanged(words: list[str]) -> None:
    text = " ".join(words)
    assert redact(text) == text


_PIECES = (
    "password",
    "token=",
    "secret: ",
    '"',
    "'",
    "\\",
    "[",
    "]",
    "[redacted: ",
    "redacted: jwt]",
    "AKIA",
    "A" * 16,
    "ghp_",
    "a1" * 18,
    "eyJ",
    ".",
    "eyJhbGciOiJIUzI1NiJ9",
    "://",
    "a:",
    "b1$cdefgh@",
    "@",
    "Bearer ",
    "Authorization: ",
    "Basic ",
    "x9!kQ2zZ",
    " ",
    "\n",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "MIIE" * 10,
    "sk-ant-",
    "sk-proj-",
    "_live_",
    "sk_live_",
    "--",
    "é",
    "glpat-",
    "AccountKey=",
)


@settings(deadline=None)
@given(pieces=st.lists(st.sampled_from(_PIECES), max_size=25))
@example(pieces=["AKIA", "A" * 16, "AKIA", "A" * 16])
@example(pieces=["password", "token=", "x9!kQ2zZ", "[redacted: ", "x9!kQ2zZ"])
@example(pieces=["Bearer ", "eyJhbGciOiJIUzI1NiJ9", "a1" * 18, "redacted: jwt]", "a1" * 18])
def test_redacting_twice_is_redacting_once_and_keeps_every_line(pieces: list[str]) -> None:
    text = "".join(pieces)
    once = redact(text)
    assert redact(once) == once
    assert once.count("\n") == text.count("\n")


@settings(deadline=None)
@given(content=st.binary(max_size=200))
def test_bytes_of_any_encoding_are_kept(content: bytes) -> None:
    assert redact_bytes(redact_bytes(content)) == redact_bytes(content)
    assert redact_bytes(b"\xff\xfe" + b"AKIA" + b"B" * 16 + b"\x80") == b"\xff\xfe[redacted: aws-access-key]\x80"


HOSTILE = (
    "a",
    "AKIA",
    "ghp_",
    "eyJ",
    "eyJaaaaaaaaa.",
    "://a:",
    "://" + "a" * 100,
    "://a:" + "b" * 300,
    "password",
    "password=",
    "password: a ",
    "token " + " " * 8,
    "--pass",
    "-" * 24 + "a",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\n" + "A" * 40,
    "-----END ",
    "authorization: bearer ",
    "api_key_key_key",
    "x[",
    "secret=\\\\",
)


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_grows_with_a_hostile_text_and_not_faster(unit: str) -> None:
    small, large = (unit * (size // len(unit) + 1) for size in (125_000, 1_000_000))
    ratios = []
    for _ in range(3):
        quick, slow = _cpu_seconds(small), _cpu_seconds(large)
        ratios.append(slow / quick)
        if ratios[-1] < 20:  # eight times the text; 64 if it were quadratic
            return
    raise AssertionError(f"{ratios} times the work for eight times the text")


def _cpu_seconds(text: str) -> float:
    begin = time.process_time()
    redact(text)
    return max(time.process_time() - begin, 0.001)
