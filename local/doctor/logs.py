"""Whether the logs of a watched resource, and of the app itself, arrive where they are looked for."""

import shlex
from collections.abc import Iterator
from datetime import datetime, timedelta

from local.doctor.app import WatchingApp
from local.doctor.azure import WITHIN, AskedAzure
from local.doctor.remark import Light, Remark, unread
from shared.configuration.arm import resource_type
from shared.context.discovery import workspace_of
from shared.context.live import Gap
from shared.context.ports import Absence
from shared.health.heartbeat import HEARTBEAT, TRACK_HEARTBEAT
from shared.incidents.wording import resource_name
from shared.queries.categories import CATEGORIES, named
from shared.queries.logs import Failure, LogAnswer, QueryError
from shared.queries.run import Run
from shared.queries.scope import Scope, Window

AREA = "workspace"

_DAY = timedelta(hours=24)
_LATE = timedelta(minutes=30)  # a heartbeat is sent each minute, and takes some to arrive
_PREFIXES = {
    "microsoft.signalrservice/webpubsub": "WebPubSub",
    "microsoft.communication/communicationservices": "ACS",
}
_OF_ALL = "AzureActivity"


def log_remarks(
    azure: AskedAzure, resource: str, configured: str, app: WatchingApp | None, now: datetime
) -> Iterator[Remark]:
    """Judge the workspace of a resource; `configured` is the GUID that the app asks, empty where it is not known."""
    name = resource_name(resource)
    workspace = workspace_of(azure.sources.resources, resource, WITHIN)
    if isinstance(workspace, Gap):
        yield unread(AREA, f"{name}: its workspace", workspace)
        return
    if workspace is None:
        yield Remark(
            AREA, Light.UNREAD, f"{name}: no diagnostic setting names a workspace, so that no table was asked"
        )
        return
    if configured and configured.lower() != workspace:
        yield Remark(
            AREA,
            Light.RED,
            f"{name}: its logs go to the workspace {workspace}, and the app asks {configured}",
            f"az functionapp config appsettings set {app.target if app else '--name $APP --resource-group $GROUP'} "
            f"--settings LOGS_WORKSPACE={workspace}",
            before="See whether config/resources.yaml names the workspace: that counts before the setting.",
        )
    yield from _tables(azure, resource, workspace, now)


def beat_remarks(azure: AskedAzure, workspace: str, app: WatchingApp, now: datetime) -> Iterator[Remark]:
    """Tell whether the watch and the tracking of the app are alive, by the logs in its workspace."""
    run = Run(azure.logs_of(workspace), Scope((), Window(now - _LATE, now)), budget=WITHIN)
    texts = {
        beat: f'AppTraces | where TimeGenerated >= windowStart and Message startswith "{beat}" | summarize Rows = count()'
        for beat in (HEARTBEAT, TRACK_HEARTBEAT)
    }
    outcomes = run.ask_all(list(texts.values()))
    for beat, text in texts.items():
        outcome = outcomes[text]
        if isinstance(outcome, QueryError):
            yield unread("heartbeat", f"{beat!r} in the logs of the app", _gap(outcome))
        elif "AppTraces" in run.missing:
            why = Gap(Absence.NOT_FOUND, f"the workspace {workspace} has no logs of any app")
            yield unread("heartbeat", f"{beat!r} in the logs of the app", why)
        elif not _count(outcome):
            silence = f"no {beat!r} in the last 30 minutes: the app does not look, or its logs do not arrive"
            yield Remark("heartbeat", Light.RED, silence, f"az functionapp restart {app.target}")
        else:
            yield Remark(
                "heartbeat", Light.GREEN, f"{beat!r} came {_count(outcome)} times in the last 30 minutes"
            )


def _tables(azure: AskedAzure, resource: str, workspace: str, now: datetime) -> Iterator[Remark]:
    name = resource_name(resource)
    run = Run(azure.logs_of(workspace), Scope((resource,), Window(now - _DAY, now)), budget=2 * WITHIN)
    tables = [table for table in CATEGORIES if table.startswith(_PREFIXES[resource_type(resource)])]
    texts = {table: _text(table) for table in (*tables, _OF_ALL)}
    outcomes = run.ask_all(list(texts.values()))
    counts: dict[str, int] = {}
    for table, text in texts.items():
        outcome = outcomes[text]
        if isinstance(outcome, QueryError):
            yield unread(AREA, f"{name}: {table}", _gap(outcome))
            if outcome.failure in (Failure.PERMISSION, Failure.UNREACHABLE):
                return  # each other table would say the same
        else:
            counts[table] = _count(outcome)
    yield from _judged(name, resource, {table: counts[table] for table in tables if table in counts})
    if counts.get(_OF_ALL) == 0:
        text = f"{name}: no row of AzureActivity in 24 hours, so that changes are not seen"
        yield Remark(AREA, Light.ADVICE, text)


def _judged(name: str, resource: str, counts: dict[str, int]) -> Iterator[Remark]:
    if not counts:
        return
    filled = [f"{table} ({count:,})" for table, count in counts.items() if count]
    if not filled:
        text = f"{name}: no row of {', '.join(counts)} in 24 hours, so that nothing can be counted"
        yield Remark(
            AREA, Light.RED, text, f"az monitor diagnostic-settings list --resource {shlex.quote(resource)}",
            before="Without any connection in 24 hours there are no rows, and nothing is missing.",
        )  # fmt: skip
        return
    yield Remark(AREA, Light.GREEN, f"{name}: rows in 24 hours: {', '.join(filled)}")
    empty = [named(table) for table, count in counts.items() if not count]
    if empty:
        yield Remark(AREA, Light.ADVICE, f"{name}: no row in 24 hours of {', '.join(empty)}")


def _text(table: str) -> str:
    is_own = "" if table == _OF_ALL else " and ofResource(_ResourceId)"
    return f"{table} | where TimeGenerated >= windowStart and TimeGenerated < windowEnd{is_own} | summarize Rows = count()"


def _count(answer: LogAnswer) -> int:
    return sum(int(str(row.get("Rows") or 0)) for row in answer.rows)


def _gap(error: QueryError) -> Gap:
    role = "Log Analytics Reader" if error.failure is Failure.PERMISSION else None
    return Gap(Absence.FORBIDDEN if role else Absence.BROKEN, error.message, role)
