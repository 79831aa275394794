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
    workspace = Workspace()
    # The same tables each time, so that a check is translated once for all tests.
    workspace.load({table: log.rows.get(table, []) for table in TABLES})
    page = _playbook(playbook)
    check = page.symptom_check if hypothesis == "symptom" else page.hypothesis(hypothesis).check
    absent = set(tables()) - workspace.tables
    answer = kql.run(workspace, complete(check.text, scope, absent=absent))
    rows = answer.rows()
    assert len(rows) == 1
    return dict(zip((name for name, _ in answer.columns), rows[0], strict=True))


@cache
def _playbook(name: str) -> Playbook:
    return load_playbook(LIBRARY / f"{name}.md")
