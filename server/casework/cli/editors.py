"""`casework editor-config`: how an editor starts the relay, printed ready to paste."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from casework import relay
from casework.cli.options import AsJson
from casework.cli.output import Output, sentences
from casework.domain.errors import Refused

_HELIX: Final = """\
# ~/.config/helix/languages.toml
[language-server.casework]
command = {command}
args = {args}

# Add "casework" to the language servers of every language you review, for example:
[[language]]
name = "python"
language-servers = [ "casework" ]

# and to Markdown, so that saving a review file gives its verdict.
[[language]]
name = "markdown"
language-servers = [ "casework" ]
"""
_EGLOT: Final = """\
;; ~/.emacs.d/init.el
(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs
               '((prog-mode markdown-mode text-mode) . ({words}))))

;; Without markdown-mode, which Emacs does not bring along, review files are text: eglot takes nothing that has no mode.
(add-to-list 'auto-mode-alist '("/casework/reviews/[^/]+\\\\.md\\\\'" . text-mode) t)
"""
_NEOVIM: Final = """\
-- ~/.config/nvim/init.lua, without the plug-in (Neovim 0.11 or newer)
vim.lsp.config('casework', {{ cmd = {{ {words} }}, root_markers = {{ '.git' }} }})
vim.lsp.enable('casework')
"""


def editor_config(
    editor: Annotated[str, typer.Argument(help="helix, eglot, neovim or vscode.")],
    as_json: AsJson = False,
) -> None:
    """Print what to put into an editor's configuration."""
    output = Output(as_json)
    command, args = sys.executable, ["-I", "-S", str(Path(relay.__file__).resolve())]
    words = " ".join(json.dumps(word) for word in [command, *args])
    texts = {
        "helix": _HELIX.format(command=json.dumps(command), args=json.dumps(args)),
        "eglot": _EGLOT.format(words=words),
        "neovim": _NEOVIM.format(words=", ".join(json.dumps(word) for word in [command, *args])),
        "vscode": "Install the extension; it finds Casework by itself, or by the setting casework.command.\n",
    }
    with sentences(output):
        if editor not in texts:
            raise Refused(
                f"There is no set-up for {editor!r} here; there is one for: {', '.join(texts)}.", code="no_editor"
            )
        output.give({"editor": editor, "command": command, "args": args, "text": texts[editor]}, texts[editor].rstrip())
