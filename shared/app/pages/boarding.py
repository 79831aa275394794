"""Show the board to whoever may look at it; it is made once for everybody who asks within some seconds."""

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.app import bundles, stores
from shared.app.runtime import Runtime, current
from shared.errors import LinekeeperError
from shared.redaction import redact

if TYPE_CHECKING:
    from shared.board.board import BoardMaker
    from shared.health.readiness import Probe
    from shared.notices.answers.pages import HtmlPage

_log = logging.getLogger(__name__)


async def report_board_once(
    token: str, headers: Mapping[str, str], runtime: Runtime | None = None
) -> "HtmlPage":
    """Answer a request for the board with a page; whoever waits for it waits in no thread of the host's."""
    from shared.notices.answers.pages import busy_page, refused_page

    runtime = runtime or current()
    try:
        if not await asyncio.to_thread(_may_look, runtime, token, headers):
            return refused_page()
        return await asyncio.wrap_future(runtime.board.latest())
    except LinekeeperError as error:
        _log.warning("The board cannot be shown: %s", redact(error.message))
        return busy_page()


def make_board(runtime: Runtime) -> "HtmlPage":
    """Make the board now, from what is stored; a page of its own says that storage does not answer."""
    from shared.board.page import BoardPage
    from shared.cloud.storage.unavailable import storage_answers
    from shared.notices.answers.pages import busy_page

    try:
        with storage_answers():
            board = maker(runtime).make(runtime.clock.now())
            return BoardPage(board, runtime.playbooks(), runtime.users).page()
    except LinekeeperError as error:
        _log.warning("The board cannot be made: %s", redact(error.message))
        return busy_page()


def maker(runtime: Runtime) -> "BoardMaker":
    """Return what makes the board."""
    from shared.board.board import BoardMaker
    from shared.board.ports import BoardStores
    from shared.notices.answers.signed_links import SignedLinks

    storage, configuration = runtime.fast_storage, runtime.configuration(waits=False)
    board_stores = BoardStores(
        incidents=stores.incidents(storage),
        counts=stores.counts(storage),
        sources=stores.sources(storage),
        quarantine=stores.quarantine(storage),
        silences=stores.silences(storage, configuration.silences),
        reports=stores.reports(lambda: storage),
        watermarks=stores.watermarks(storage),
        # On the page, so that the address of the app need not be known.
        link=SignedLinks(".", runtime.key_ring, runtime.clock).page,
    )
    return BoardMaker(board_stores, bundles.policy(runtime, configuration))


def board_address(runtime: Runtime) -> str | None:
    """Return a signed address of the board; None where the app does not know its own.

    Raises:
        LinekeeperError: no key can sign it.
    """
    from shared.notices.answers.signed_links import SignedLinks

    address = runtime.settings.links_address
    return SignedLinks(address, runtime.key_ring, runtime.clock).board() if address else None


def probes(runtime: Runtime) -> "list[Probe]":  # noqa: ARG001  # every capability has them
    """Return nothing: the board needs storage and the keys of links, which others ask for."""
    return []


def _may_look(runtime: Runtime, token: str, headers: Mapping[str, str]) -> bool:
    from shared.board.visit import may_look
    from shared.cloud.storage.unavailable import storage_answers

    with storage_answers():
        return may_look(
            token,
            headers,
            runtime.key_ring,
            runtime.clock.now(),
            is_authenticated=runtime.settings.website_auth_enabled,
        )
