"""Ask a playbook's checks of the logs of one Web PubSub resource."""

from collections.abc import Mapping
from functools import cache

from local.rows.pubsub_log import SCOPE, TABLES, PubSubLog
from local.workspace import kql
from local.workspace.database import Workspace
from shared.playbooks.loading.load import LIBRARY, load_playbook
from shared.playbooks.playbook import Playbook
from shared.queries.prelude import complete
from shared.queries.schema import tables
from shared.queries.scope import Scope


def ask(log: PubSubLog, playbook: str, hypothesis: str, scope: Scope = SCOPE) -> Mapping[str, object]:
    """Ask one check, or the symptom's, and return its row by column."""
    page = _playbook(playbook)
    check = page.symptom_check if hypothesis == "symptom" else page.hypothesis(hypothesis).check
    answer = _run(log, check.text, scope)
    rows = answer.rows()
    assert len(rows) == 1
    return dict(zip((name for name, _ in answer.columns), rows[0], strict=True))


def unexplained(log: PubSubLog, playbook: str) -> list[tuple[object, ...]]:
    """Return the most frequent bad events that no hypothesis explains: text, events, callers, and how many there are in all."""
    check = _playbook(playbook).unexplained
    assert check is not None
    return [tuple(row) for row in _run(log, check.text, SCOPE).rows()]


def _run(log: PubSubLog, query: str, scope: Scope) -> kql.Answer:
    workspace = Workspace()
    # The same tables each time, so that a check is translated once for all tests.
    workspace.load({table: log.rows.get(table, []) for table in TABLES})
    return kql.run(workspace, complete(query, scope, absent=set(tables()) - workspace.tables))


@cache
def _playbook(name: str) -> Playbook:
    return load_playbook(LIBRARY / f"{name}.md")
