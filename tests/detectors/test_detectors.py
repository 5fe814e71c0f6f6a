"""What the detectors find in a change, and where they keep quiet; on real git."""

from __future__ import annotations

from pathlib import Path

import pytest

from casework.core.detecting import LARGEST, MOST_FILES
from casework.detectors import detectors
from casework.domain.ids import CommitId
from casework.domain.reading import in_reading_order
from casework.ports.detector import Detector, Finding, Seen
from casework.workspace.repositories import GitRepositories
from tests.repositories import Files, Repository

AUTH = """import hmac

TIMEOUT = 60


def sign_in(user, password):
    return user.password == password


def greet(user):
    return "Hello"


def _secretly(user):
    return 1
"""
CART = """def total(cart):
    return sum(cart)


def __getattr__(name):
    raise NotImplementedError
"""
RETURN = "    return user.password == password"
SHOP: Files = {"shop/auth.py": AUTH, "shop/cart.py": CART, "tests/test_cart.py": "def test_total():\n    assert 1\n"}


def look(detector: Detector, world: Path, before: Files, after: Files) -> Finding | None:
    """Let one detector look at the change from `before` to `after`, as the core does."""
    repository = Repository.new(world / "shop")
    base = CommitId(repository.commit("Before", before))
    head = CommitId(repository.commit("After", after))
    repositories = GitRepositories(state=str(world / "state"))
    workspace = repositories.open(repositories.identify(str(repository.path)))
    change = in_reading_order(workspace.change(base, head))
    wanted = [file for file in change.files if detector.wants(file)][:MOST_FILES]
    old = {file.path: file.old_path or file.path for file in wanted}
    there = workspace.contents(base, list(old.values()), largest=LARGEST)
    seen = Seen(
        change=change,
        before={path: there[name] for path, name in old.items() if name in there},
        after=workspace.contents(head, [file.path for file in wanted], largest=LARGEST),
        project=frozenset(workspace.paths(head)) if detector.asks_for_project(change) else frozenset(),
    )
    return detector.look(seen)


def named(name: str) -> Detector:
    return next(one for one in detectors() if one.name == name)


def edited(old: str, new: str) -> str:
    assert old in AUTH
    return AUTH.replace(old, new)


CHECKED = edited("user.password == password", "hmac.compare_digest(user.password, password)")


def test_changed_behaviour_without_a_test_is_one_finding_at_the_function(world: Path) -> None:
    both = CHECKED.replace('"Hello"', '"Welcome"')
    found = look(named("missing-tests"), world, SHOP, {"shop/auth.py": both})
    assert found is not None
    assert (found.kind, found.title) == ("missing-tests", "Cover sign_in and 1 more in shop/auth.py")
    assert (found.anchor.path, found.anchor.line, found.anchor.snippet) == (
        "shop/auth.py",
        6,
        "def sign_in(user, password):",
    )
    assert "sign_in in shop/auth.py, greet in shop/auth.py" in found.why


@pytest.mark.parametrize(
    "after",
    [
        {"shop/auth.py": CHECKED, "tests/test_auth.py": "def test_sign_in():\n    assert 1\n"},
        {"shop/auth.py": CHECKED, "tests/test_cart.py": "def test_total():\n    assert 2\n"},
        {"shop/auth.py": edited("return 1", "return 2")},
        {"shop/auth.py": edited("TIMEOUT = 60", "TIMEOUT = 30")},
        {"shop/auth.py": edited("def greet(user)", "# says hello\ndef greet(user: str) -> str")},
        {"shop/auth.py": edited("def greet", "class Later:\n    def todo(self):\n        ...\n\n\ndef greet")},
        {"shop/auth.py": "def broken(:\n"},
        {"shop/auth.py": None},
        {"shop/cart.py": None, "shop/basket.py": CART},
        {"docs/readme.md": "Hello\n", "setup.py": "def f():\n    return 1\n"},
        {"shop/auth.py": CHECKED + "# long\n" * 40_000},
        {"shop/auth.js": "export function signIn() { return 1 }\n"},
    ],
    ids=[
        "its test", "another test", "private", "a value", "types and comments", "nothing done yet", "no Python",
        "deleted", "moved", "no code", "too large", "another language",
    ],
)  # fmt: skip
def test_where_it_is_unsure_it_says_nothing(world: Path, after: Files) -> None:
    assert look(named("missing-tests"), world, SHOP, after) is None


def test_a_project_without_any_test_is_left_in_peace(world: Path) -> None:
    assert look(named("missing-tests"), world, {"shop/auth.py": AUTH}, {"shop/auth.py": CHECKED}) is None


def test_a_change_of_authentication_is_one_finding_at_the_place_that_speaks_loudest(world: Path) -> None:
    other = "def renew(session):\n    return session\n"
    changed = CHECKED.replace('"Hello"', '"Welcome"')
    found = look(named("security"), world, SHOP, {"shop/auth.py": changed, "shop/session.py": other})
    assert found is not None
    assert (found.kind, found.severity, found.title) == (
        "security-review",
        "high",
        "Review sign_in in shop/auth.py for security",
    )
    assert (found.anchor.line, found.anchor.snippet) == (6, "def sign_in(user, password):")
    assert found.why == (
        "sign_in in shop/auth.py changed, and its name says sign in. "
        "Also: greet in shop/auth.py, renew in shop/session.py."
    )


@pytest.mark.parametrize(
    ("after", "place"),
    [
        ({"shop/auth.py": edited("TIMEOUT = 60", "TIMEOUT = 30")}, ("shop/auth.py", 3, "TIMEOUT = 30")),
        (
            {"shop/cart.py": CART.replace("sum(cart)", "hmac.new(cart)")},
            ("shop/cart.py", 1, "def total(cart):"),
        ),
        (
            {"shop/cart.py": CART + "\n\ndef check_permission(user):\n    return True\n"},
            ("shop/cart.py", 9, "def check_permission(user):"),
        ),
        (
            {"web/oauth2.ts": "import x\n\nexport const secret = 1\n"},
            ("web/oauth2.ts", 1, "import x"),
        ),
        ({"shop/password.py": "def f(:\n"}, ("shop/password.py", 1, "def f(:")),
        ({"shop/auth.py": edited(AUTH[AUTH.index("def greet") :], "")}, ("shop/auth.py", 7, RETURN)),
    ],
    ids=["a value", "a library", "a name", "another language", "no Python", "something gone"],
)
def test_it_is_known_by_path_by_name_and_by_what_is_used(
    world: Path, after: Files, place: tuple[str, int, str]
) -> None:
    found = look(named("security"), world, SHOP, after)
    assert found is not None
    path, line, snippet = place
    assert (found.anchor.path, found.anchor.line, found.anchor.snippet) == (path, line, snippet)


@pytest.mark.parametrize(
    "after",
    [
        {"shop/cart.py": CART.replace("sum(cart)", "sum(cart) + 1")},
        {"shop/auth.py": edited("import hmac", "import hmac  # of the standard library")},
        {"tests/test_auth.py": "def test_sign_in():\n    assert 1\n"},
        {"docs/auth.md": "How to sign in.\n"},
        {"shop/author.py": "def name_authors(books):\n    return books\n"},
        {"db/query.py": "def get_session(engine):\n    return engine\n"},
        {"auth.png": b"\x89PNG\0"},
    ],
    ids=["a cart", "a comment", "a test", "prose", "an author", "a database", "a picture"],
)
def test_what_does_not_decide_who_may_do_what_is_no_finding(world: Path, after: Files) -> None:
    assert look(named("security"), world, SHOP, after) is None


def test_a_finding_in_another_change_of_the_same_place_is_another_one(world: Path) -> None:
    one = look(named("security"), world / "one", SHOP, {"shop/auth.py": CHECKED})
    same = look(named("security"), world / "two", SHOP, {"shop/auth.py": CHECKED})
    other = look(named("security"), world / "three", SHOP, {"shop/auth.py": CHECKED.replace("compare", "digest")})
    assert one is not None
    assert same is not None
    assert other is not None
    assert one.mark == same.mark != other.mark
    assert one.anchor == other.anchor
