"""`casework/daemon/...` and `casework/purge`."""

from __future__ import annotations

import asyncio

from casework.core.purge import purge
from casework.lsp.endpoint import endpoint
from casework.lsp.methods.board import repository_view
from casework.lsp.session import Session
from casework.wire import requests as r
from casework.wire.views import LeftoverView


@endpoint("casework/daemon/status", r.Params, r.DaemonStatus)
async def daemon_status(session: Session, _: r.Params) -> r.DaemonStatus:
    """Tell about the daemon."""
    facts = session.daemon
    opened = session.desk.opened()
    return r.DaemonStatus(
        version=facts.version,
        build=facts.build,
        pid=facts.pid,
        socket=facts.socket,
        state_directory=facts.state_directory,
        log=facts.log,
        started_at=facts.started_at,
        connections=facts.connections(),
        runs=sum(one.runner.running() for one in opened),
        repositories=[repository_view(session, one) for one in opened],
    )


@endpoint("casework/daemon/stop", r.Params, r.Nothing)
async def stop_daemon(session: Session, _: r.Params) -> r.Nothing:
    """Stop the daemon; only what is awaited after this ends, so the answer leaves before the connection does.

    Raises:
        Refused: something runs or lands.
    """
    session.daemon.stop()
    return r.Nothing()


@endpoint("casework/purge", r.PurgeParams, r.PurgeView)
async def purge_leftovers(session: Session, params: r.PurgeParams) -> r.PurgeView:
    """Show, or remove, what no living task needs."""
    opened = await session.repository(params.repository)
    done = await asyncio.to_thread(purge, opened.repository, apply=params.apply, unlanded=params.unlanded)
    return r.PurgeView(
        leftovers=[
            LeftoverView(
                what="worktree" if one.leftover.what == "worktree" else "ref",
                name=one.leftover.name,
                bytes=one.leftover.bytes,
                unlanded=one.leftover.unlanded,
                removed=one.removed,
            )
            for one in done.leftovers
        ],
        sentence=done.sentence,
    )
