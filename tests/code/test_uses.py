"""Which changed files use which, read from their imports."""

from __future__ import annotations

import pytest

from casework.code.uses import uses_among


@pytest.mark.parametrize(
    ("path", "text", "used"),
    [
        ("src/app.py", "import pay.charge\n", {"src/pay/charge.py"}),
        ("src/app.py", "import os, pay.charge as c\n", {"src/pay/charge.py"}),
        ("src/app.py", "from pay import charge\n", {"src/pay/charge.py"}),
        ("src/app.py", "from pay.charge import Card\n", {"src/pay/charge.py"}),
        ("src/app.py", "from pay import (\n    charge,  # why\n    other,\n)\n", {"src/pay/charge.py"}),
        ("src/app.py", "from pay import Card\n", {"src/pay/__init__.py"}),
        ("src/pay/x.py", "from .charge import Card\n", {"src/pay/charge.py"}),
        ("src/pay/x.py", "from . import charge\n", {"src/pay/charge.py"}),
        ("src/web/x.py", "from ..pay import charge\n", {"src/pay/charge.py"}),
        ("x.py", "from ...pay import charge\n", set()),
        ("src/app.py", "import charger\n# import pay.charge\n'pay.charge'\n", set()),
        ("web/x.ts", 'import { a } from "./button";\n', {"web/button.tsx"}),
        ("web/s/x.ts", "export * from '../button.js'\n", {"web/button.tsx"}),
        ("web/x.js", "const b = require('./button')\n", {"web/button.tsx"}),
        ("web/x.js", "const b = './button'\n", set()),
        ("c/x.c", '#include "lib/list.h"\n', {"c/lib/list.h"}),
        ("c/x.c", "#include <list.h>\n", {"c/lib/list.h"}),
        ("src/x.rs", "use crate::pay::money::Euro;\n", {"src/pay/money.rs"}),
        ("src/main.rs", "mod parse;\n", {"src/parse.rs"}),
        ("java/X.java", "import org.shop.Card;\n", {"java/org/shop/Card.java"}),
    ],
)
def test_an_import_names_a_changed_file(path: str, text: str, used: set[str]) -> None:
    known = dict.fromkeys(
        [
            "src/pay/charge.py", "src/pay/__init__.py", "web/button.tsx", "c/lib/list.h", "src/pay/money.rs",
            "src/parse.rs", "java/org/shop/Card.java",
        ],
        "",
    )  # fmt: skip
    assert uses_among({**known, path: text}) == ({path: used} if used else {})


def test_a_long_line_costs_nothing() -> None:
    assert uses_among({"a.js": "import(" * 200_000, "b.py": "from x import (" + "a," * 200_000}) == {}
