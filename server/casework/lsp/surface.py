"""What `initialize` promises, before anything heavy is imported; a test holds it together with the table of methods."""

from __future__ import annotations

from typing import Final

from lsprotocol import types

from casework import __version__
from casework.lsp.protocol import Surface

COMMANDS: Final = (
    "casework.board.read",
    "casework.board.next",
    "casework.board.document",
    "casework.repository.list",
    "casework.repository.describe",
    "casework.task.add",
    "casework.task.list",
    "casework.task.show",
    "casework.task.accept",
    "casework.task.dismiss",
    "casework.task.start",
    "casework.task.stop",
    "casework.task.retry",
    "casework.task.snooze",
    "casework.task.wake",
    "casework.task.drop",
    "casework.task.restore",
    "casework.task.wait",
    "casework.skeleton.document",
    "casework.skeleton.take",
    "casework.question.answer",
    "casework.rules.list",
    "casework.rules.remove",
    "casework.review.open",
    "casework.review.recent",
    "casework.review.list",
    "casework.review.show",
    "casework.review.diff",
    "casework.review.content",
    "casework.review.document",
    "casework.review.next",
    "casework.review.decide",
    "casework.review.split",
    "casework.review.join",
    "casework.review.seen",
    "casework.review.comment",
    "casework.review.reply",
    "casework.review.resolve",
    "casework.draft.list",
    "casework.draft.keep",
    "casework.draft.forget",
    "casework.review.answer",
    "casework.review.read",
    "casework.review.undo",
    "casework.trust.show",
    "casework.trust.grant",
    "casework.trust.revoke",
    "casework.journal.read",
    "casework.purge",
    "casework.daemon.status",
    "casework.daemon.stop",
)

SURFACE: Final = Surface(
    version=__version__,
    commands=COMMANDS,
    features={
        types.TEXT_DOCUMENT_CODE_ACTION: types.CodeActionOptions(code_action_kinds=["casework"]),
        types.TEXT_DOCUMENT_CODE_LENS: types.CodeLensOptions(resolve_provider=False),
        types.TEXT_DOCUMENT_DID_OPEN: None,
        types.TEXT_DOCUMENT_DID_CHANGE: None,
        types.TEXT_DOCUMENT_WILL_SAVE: None,
        types.TEXT_DOCUMENT_DID_SAVE: types.SaveOptions(include_text=False),
        types.TEXT_DOCUMENT_DID_CLOSE: None,
    },
)
