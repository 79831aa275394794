"""Ask the transcription playbook's checks of a call centre's rows."""

from collections.abc import Iterable, Sequence
from functools import cache

from local.rows.transcription_rows import API, CALLCENTER, TABLES, WINDOW, Row
from local.workspace.database import Workspace
from local.workspace.kql import run
from shared.playbooks.loading.load import LIBRARY, load_playbook
from shared.playbooks.playbook import Playbook
from shared.queries.prelude import complete
from shared.queries.scope import Scope


@cache
def playbook() -> Playbook:
    """The page under test."""
    return load_playbook(LIBRARY / "acs-transcription-websocket-drops.md")


def ask(
    check: str,
    records: Iterable[Row] = (),
    *,
    apps: Sequence[str] = (API,),
    absent: Sequence[str] = (),
    **tables: Iterable[Row],
) -> dict[str, object]:
    """Run one check, or the `symptom`, and return its row; `records` are rows of AppTraces."""
    workspace = Workspace()
    rows_by_table = {"AppTraces": list(records)} | {name: list(rows) for name, rows in tables.items()}
    workspace.load({name: rows_by_table.get(name, []) for name in TABLES if name not in absent})
    playbook_check = playbook().symptom_check if check == "symptom" else playbook().hypothesis(check).check
    answer = run(
        workspace, complete(playbook_check.text, Scope((CALLCENTER,), WINDOW, tuple(apps)), absent=absent)
    )
    (row,) = answer.rows()
    workspace.close()
    return dict(zip((name for name, _ in answer.columns), row, strict=True))


def verdict(check: str, records: Iterable[Row] = (), **tables: Iterable[Row]) -> object:
    """Only what a check decides."""
    return ask(check, records, **tables)["Verdict"]
