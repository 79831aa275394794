"""Build the addresses behind a card's links: the logs query, the resource, the playbook's page."""

import base64
import gzip
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from shared.queries.scope import LOOKBACK, Window


@dataclass(frozen=True, slots=True)
class Links:
    """Where a card's links lead; what is None has no link.

    `logs` is the ARM id whose Logs page opens a query: the workspace, or None for the resource itself,
    which answers with the rows of that resource alone. `playbooks` is the address of the folder that
    holds the playbook pages on the team's forge; without one, `playbook_page` leads to our own page of the
    incident's playbook. `report` is the address of the incident's page, `board` that of everything
    that is watched. By the others an incident is
    answered; `shared.notices.answers.signed_links` signs them.
    """

    logs: str | None = None
    playbooks: str | None = None
    playbook_page: str | None = None
    report: str | None = None
    board: str | None = None
    acknowledge: str | None = None
    silence: str | None = None
    resolve: str | None = None
    take_over: str | None = None
    give_back: str | None = None
    end_silence: str | None = None
    reopen: str | None = None
    portal: str = "https://portal.azure.com"

    def resource(self, resource: str) -> str:
        """Return the address of a resource in the portal."""
        return f"{self.portal}/#@/resource{quote(resource, safe='/', errors='replace')}/overview"

    def playbook(self, playbook: str) -> str | None:
        """Return the address of a playbook's page."""
        if self.playbooks is None:
            return self.playbook_page
        return f"{self.playbooks.rstrip('/')}/{quote(playbook, errors='replace')}.md"

    def query(self, text: str, resource: str, window: Window) -> str:
        """Return the address that opens the complete text of a query in the portal's Logs page.

        The form is the one that the page's own "share link" makes and Microsoft's code builds
        (dotnet/arcade-services: `Logs.ReactView/resourceId/.../q/<gzip, base64, encoded>/timespan/...`).
        The span begins where a check may look back to, so that the page cuts off nothing.
        """
        packed = base64.b64encode(
            gzip.compress(text.encode(errors="replace"), compresslevel=9, mtime=0)
        ).decode()
        span = f"{_second(window.start - LOOKBACK)}/{_second(window.end)}"
        return (
            f"{self.portal}/#@/blade/Microsoft_OperationsManagementSuite_Workspace/Logs.ReactView"
            f"/resourceId/{quote(self.logs or resource, safe='', errors='replace')}/source/LogsBlade.AnalyticsShareLinkToQuery"
            f"/q/{quote(packed, safe='')}/timespan/{quote(span, safe='')}"
        )


def _second(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}"
