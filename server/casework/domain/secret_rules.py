"""What is taken for a secret, and by which document. Pure; when texts are redacted is redaction.py.

What no rule describes is not found: a password of letters only, or one with a space in it, looks like any word.

Time is linear in the text: a pattern is a fixed beginning, bounded parts, and at most one open end that is never
given back (possessive quantifiers). No pattern matches inside or across a marker, so redacting twice is redacting once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import log2
from typing import Final

_GITHUB: Final = "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/"
_QUOTES: Final = "\"'`"
_LEAST_SECRET: Final = 8
"""Characters; shorter values are left alone where only their name says that they are secret."""
_LEAST_ENTROPY: Final = 2.5
"""Bits a character (Shannon): `changeme1` has 3.2, `xxxxxxx1` 0.5."""
_LONGEST_KEY_BLOCK: Final = 16 * 1024
"""Characters between BEGIN and END of a private key; no key in use is longer."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of secret. A group named `keep` in the pattern stays; `guard` says whether the rest is one."""

    name: str
    source: str
    needles: tuple[str, ...]
    """One of them stands in every match, in lower case when `any_case`."""
    written: str
    """The pattern as it is written down."""
    guard: Callable[[str], bool] | None = None
    any_case: bool = False

    @property
    def pattern(self) -> re.Pattern[str]:
        """The pattern, compiled when the first text needs it: all of them together take 20 ms."""
        return _compiled(self.written, re.ASCII | (re.IGNORECASE if self.any_case else re.NOFLAG))


@cache
def _compiled(pattern: str, flags: re.RegexFlag) -> re.Pattern[str]:
    return re.compile(pattern, flags)


def _rule(
    name: str,
    source: str,
    needles: str,
    pattern: str,
    guard: Callable[[str], bool] | None = None,
    any_case: bool = False,
) -> Rule:
    return Rule(name, source, tuple(needles.split()), pattern, guard, any_case)


def _looks_random(value: str) -> bool:
    """Tell a value from a word, a placeholder and a piece of code: a letter, a digit or symbol, and enough variety."""
    value = value.rstrip(",;)")
    if len(value) < _LEAST_SECRET or value[0] in "$<{%([/*&#" or "://" in value or _CALL.match(value):
        return False
    letters = any(letter.isalpha() for letter in value)
    others = any(letter.isdigit() or letter in "!@#$%^&*+=?~|" for letter in value)
    return letters and others and _entropy(value) >= _LEAST_ENTROPY


def _has_digit(value: str) -> bool:
    return any(letter.isdigit() for letter in value)


def _entropy(value: str) -> float:
    size = len(value)
    return -sum(n / size * log2(n / size) for n in Counter(value).values())


_CALL: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,200}[(\[]", re.ASCII)
_NAME: Final = (
    r"(?:pass(?:word|wd|phrase)|pwd|secret|token|credential|(?:api|auth|access|account|private|signing|encryption)[_-]?key)"
    r"(?:[_-]?(?:access[_-]?key|key|secret|token|value|text|string|[0-9]{1,3})){0,2}"
)
_VALUE: Final = rf"(?:[^\s{_QUOTES}\\\[]|\\(?![{_QUOTES}])|\[(?!redacted: ))++"
_NEEDLES: Final = "pass pwd secret token credential key"

RULES: Final[tuple[Rule, ...]] = (
    _rule(
        "aws-access-key",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids",
        "AKIA ASIA ABIA ACCA",
        r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",
    ),
    _rule(
        "github-token",
        f"{_GITHUB}about-authentication-to-github",
        "ghp_ gho_ ghu_ ghs_ ghr_",
        r"gh[pousr]_[A-Za-z0-9]{36,}+",
    ),
    _rule(
        "github-token",
        f"{_GITHUB}managing-your-personal-access-tokens",
        "github_pat_",
        r"github_pat_[A-Za-z0-9_]{22,}+",
    ),
    _rule(
        "gitlab-token",
        "https://docs.gitlab.com/security/tokens/#token-prefixes",
        "glpat- gloas- gldt- glrt- glcbt- glptt- glft- glimt- glagent- glsoat- glffct-",
        r"gl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct)-[A-Za-z0-9_.-]{20,}+",
    ),
    _rule(
        "slack-token",
        "https://docs.slack.dev/authentication/tokens",
        "xox xapp-",
        r"(?:xox[abceoprs]|xapp)-[A-Za-z0-9-]{10,}+",
    ),
    _rule(
        "slack-webhook",
        "https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks",
        "hooks.slack.com/",
        r"(?P<keep>hooks\.slack\.com/(?:services|workflows|triggers)/)[A-Za-z0-9/_-]{20,}+",
    ),
    _rule("stripe-key", "https://docs.stripe.com/keys", "_live_ _test_", r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,}+"),
    _rule("stripe-key", "https://docs.stripe.com/webhooks", "whsec_", r"whsec_[A-Za-z0-9+/=]{24,}+"),
    _rule(
        "anthropic-key",
        "https://docs.claude.com/en/api/overview#authentication",
        "sk-ant-",
        r"sk-ant-[A-Za-z0-9_-]{20,}+",
    ),
    _rule(
        "openai-key",
        "https://platform.openai.com/docs/api-reference/authentication",
        "sk-",
        r"sk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}+|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20,}+)",
    ),
    _rule(
        "google-api-key", "https://cloud.google.com/docs/authentication/api-keys", "AIza", r"AIza[A-Za-z0-9_-]{35,}+"
    ),
    _rule(
        "google-oauth",
        "https://developers.google.com/identity/protocols/oauth2#size",
        "GOCSPX- ya29.",
        r"(?:GOCSPX-[A-Za-z0-9_-]{20,}+|ya29\.[A-Za-z0-9_.-]{20,}+)",
    ),
    _rule("npm-token", "https://docs.npmjs.com/about-access-tokens", "npm_", r"npm_[A-Za-z0-9]{36,}+"),
    _rule("pypi-token", "https://docs.pypi.org/api/secrets", "pypi-AgE", r"pypi-AgE[A-Za-z0-9_-]{40,}+"),
    _rule("huggingface-token", "https://huggingface.co/docs/hub/security-tokens", "hf_", r"hf_[A-Za-z0-9]{34,}+"),
    _rule(
        "azure-key",
        "https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string",
        "Key=",
        r"(?P<keep>(?:Account|SharedAccess)Key=)[A-Za-z0-9+/]{40,}+={0,2}",
    ),
    _rule(
        "authorization",
        "RFC 9110, section 11.6.2",
        "authorization",
        rf"(?P<keep>authorization\\?[{_QUOTES}]?[ \t]{{0,8}}[:=,][ \t]{{0,8}}\\?[{_QUOTES}]?"
        r"(?:bearer|basic|token|digest)[ \t]{1,8})"
        r"[A-Za-z0-9._~+/=:-]{8,}+",
        any_case=True,
    ),
    _rule(
        "bearer-token",
        "RFC 6750, section 2.1",
        "bearer",
        r"(?P<keep>bearer[ \t]{1,8})[A-Za-z0-9._~+/=-]{20,}+",
        _has_digit,
        any_case=True,
    ),
    _rule(
        "url-password",
        "RFC 3986, section 3.2.1",
        "://",
        rf"(?P<keep>://[^\s/?#@:{_QUOTES}]{{0,128}}:)(?![$<{{]|\[redacted: )[^\s/?#{_QUOTES}]{{1,256}}(?=@)",
    ),
    _rule(
        "password",
        "a value given to a name that says it is secret",
        _NEEDLES,
        rf"(?P<keep>{_NAME}(?:\\?[{_QUOTES}]\]?)?[ \t]{{0,8}}"
        r"(?::[ \t]{0,4}[A-Za-z][A-Za-z0-9_.|]{0,40}[ \t]{1,4})?"  # password: str = ...
        rf"(?::=|=>|[:=])[ \t]{{0,8}}\\?[{_QUOTES}]?){_VALUE}",
        _looks_random,
        any_case=True,
    ),
    _rule(
        "password",
        "an option of a command line that says it is secret",
        _NEEDLES,
        rf"(?P<keep>--[a-z0-9-]{{0,24}}?{_NAME}[ \t]{{1,4}}[{_QUOTES}]?)(?!-){_VALUE}",
        _looks_random,
        any_case=True,
    ),
)
"""Tried in this order, behind private keys (RFC 7468, RFC 9580 section 6) and JSON web tokens (RFC 7519)."""


def marker(name: str) -> str:
    """Give what stands in the place of a secret."""
    return f"[redacted: {name}]"


def replacement(rule: Rule) -> Callable[[re.Match[str]], str]:
    """Give what `re.sub` calls for every match of the rule's pattern."""
    kept_group = "keep" in rule.pattern.groupindex

    def replace(match: re.Match[str]) -> str:
        kept = match["keep"] if kept_group else ""
        if rule.guard is not None and not rule.guard(match[0][len(kept) :]):
            return match[0]
        return kept + marker(rule.name)

    return replace


_RUN: Final = re.compile(r"[A-Za-z0-9_.-]++", re.ASCII)
_LEAST_PART: Final = 12


def without_jwts(text: str) -> str:
    """Take out JSON web tokens in compact form (RFC 7519, section 3.1): they begin with `{"` in base64url."""
    return _RUN.sub(_without_jwt, text)


def _without_jwt(match: re.Match[str]) -> str:
    """Look for header, payload and signature in one run of their letters; every run is looked at once."""
    run = match[0]
    if "eyJ" not in run:
        return run
    parts = run.split(".")
    at = 0
    for part, behind in pairwise(parts[:-1]):
        begin = part.find("eyJ")
        if begin >= 0 and len(part) - begin >= _LEAST_PART and len(behind) >= _LEAST_PART:
            return run[: at + begin] + marker("jwt")
        at += len(part) + 1
    return run


_BEGIN: Final = re.compile(r"-----BEGIN (?:[A-Z0-9]{1,16} ){0,4}PRIVATE KEY(?: BLOCK)?-----", re.ASCII)
_END: Final = re.compile(r"-----END [A-Z0-9 ]{0,64}-----", re.ASCII)
_BODY: Final = re.compile(r"[A-Za-z0-9+/=\s\\,:-]*+", re.ASCII)
_KEY_LETTERS: Final = re.compile(r"[A-Za-z0-9+/=]{32}", re.ASCII)


def without_private_keys(text: str) -> str:
    """Cut from BEGIN to END, or, where the end is missing, as far as it looks like a key; keep the line breaks."""
    kept: list[str] = []
    at = 0
    while begin := _BEGIN.search(text, at):
        limit = begin.end() + _LONGEST_KEY_BLOCK
        another = text.find("-----BEGIN ", begin.end(), limit)
        limit = another if another >= 0 else limit
        end = _END.search(text, begin.end(), limit) or _BODY.match(text, begin.end(), limit)
        assert end is not None, "the body may be empty"
        kept.append(text[at : begin.start()])
        block = text[begin.start() : end.end()]
        if _KEY_LETTERS.search(block, begin.end() - begin.start()):
            kept.append(marker("private-key") + "".join(re.findall(r"\r\n|\r|\n", block)))
            at = end.end()
        else:
            kept.append(begin[0])
            at = begin.end()
    return "".join(kept) + text[at:]
