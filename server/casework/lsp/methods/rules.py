"""`casework/rules/...`."""

from __future__ import annotations

from casework.core.repository import Repository
from casework.domain.rules import rule_text
from casework.lsp.endpoint import endpoint
from casework.lsp.session import Session
from casework.wire import requests as r
from casework.wire.views import RuleView


@endpoint("casework/rules/list", r.ListRules, r.RuleList)
async def list_rules(session: Session, params: r.ListRules) -> r.RuleList:
    """List the user's rules."""
    opened = await session.repository(params.repository)
    return _view(opened.repository, everywhere=params.everywhere)


@endpoint("casework/rules/remove", r.RemoveRule, r.RuleList)
async def remove_rule(session: Session, params: r.RemoveRule) -> r.RuleList:
    """Take a rule back."""
    opened = await session.repository(params.repository)
    await opened.repository.rules.remove(params.rule, session.actor)
    return _view(opened.repository, everywhere=False)


def _view(repository: Repository, *, everywhere: bool) -> r.RuleList:
    return r.RuleList(
        rules=[
            RuleView(id=rule.id, text=rule_text(rule.shape), everywhere=not rule.repository, place=place)
            for rule, place in repository.rules.everything()
            if everywhere or rule.repository in ("", repository.identity.id)
        ]
    )
