"""Ask checks of the logs of one Communication Services resource."""

from collections.abc import Mapping
from functools import cache

from local.rows.acs_log import SCOPE, TABLES, AcsLog
from local.workspace import kql
from local.workspace.database import Workspace
from shared.playbooks.loading.load import LIBRARY, load_playbook
from shared.playbooks.playbook import Playbook
from shared.queries.prelude import complete
from shared.queries.schema import tables
from shared.queries.scope import Scope


def ask(
    log: AcsLog, playbook: str, *checks: str, applications: tuple[str, ...] = ()
) -> list[Mapping[str, object]]:
    """Ask checks, or the symptom's, of one log and return the row of each by column."""
    workspace = _workspace(log)
    return [_row(workspace, _complete(workspace, _text(playbook, check), applications)) for check in checks]


def unexplained(log: AcsLog, playbook: str) -> list[tuple[object, ...]]:
    """Return what no hypothesis of a playbook explains: text, events, callers and total of each row."""
    workspace = _workspace(log)
    check = _page(playbook).unexplained
    assert check is not None
    answer = kql.run(workspace, _complete(workspace, check.text, ()))
    return [tuple(row) for row in answer.rows()]


def verdicts(log: AcsLog, playbook: str, *checks: str) -> tuple[object, ...]:
    """Return the verdict of each check."""
    return tuple(row["Verdict"] for row in ask(log, playbook, *checks))


def _workspace(log: AcsLog) -> Workspace:
    workspace = Workspace()
    # The same tables each time, so that a check is translated once for all tests.
    workspace.load({table: log.rows.get(table, []) for table in TABLES})
    return workspace


def _complete(workspace: Workspace, text: str, applications: tuple[str, ...]) -> str:
    scope = Scope(SCOPE.resources, SCOPE.window, applications)
    return complete(text, scope, absent=set(tables()) - workspace.tables)


def _row(workspace: Workspace, text: str) -> Mapping[str, object]:
    answer = kql.run(workspace, text)
    (row,) = answer.rows()
    return dict(zip((name for name, _ in answer.columns), row, strict=True))


@cache
def _page(playbook: str) -> Playbook:
    return load_playbook(LIBRARY / f"{playbook}.md")


def _text(playbook: str, check: str) -> str:
    page = _page(playbook)
    return (page.symptom_check if check == "symptom" else page.hypothesis(check).check).text
