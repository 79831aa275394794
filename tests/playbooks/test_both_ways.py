"""The checks of a playbook in one query answer what each of them answers alone, on the rows of every case."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bench.check_by_check import CheckByCheck
from local.exports import read_folder
from local.kusto.compiler import compile_texts
from local.replay.case import Case, all_cases
from local.workspace.direct import TableLogs
from shared.playbooks.answers import groups_of
from shared.playbooks.loading.load import load_library
from shared.playbooks.playbook import Playbook
from shared.playbooks.run import diagnose
from shared.queries.logs import LogAnswer, Logs
from shared.queries.prelude import complete
from shared.queries.run import AT_ONCE, Run
from shared.queries.schema import tables
from shared.queries.scope import Scope, Window
from shared.queries.together import RESULT_COLUMNS, can_join, together
from tests import drawn

CASES = {case.name: case for case in all_cases() if (case.folder / "tables").is_dir()}
# One with a time among its numbers.
ALWAYS = ("a-deployment-ends-every-call",)
ANY = Scope(("/",), Window(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)))


@dataclass
class Heard:
    """Passes on what is asked, and remembers it."""

    logs: Logs
    texts: list[str] = field(default_factory=list)

    def query(self, text: str, within: timedelta) -> LogAnswer:
        self.texts.append(text)
        return self.logs.query(text, within)


def run_on(asked: Logs, logs: TableLogs, case: Case, way: type[Run]) -> Run:
    """Return a run that knows which tables are there, so that it asks for nothing but checks."""
    held = logs.workspace.tables
    return way(asked, case.scope, missing=set(tables()) - held, present=set(held))


@pytest.mark.parametrize(
    "case", drawn.cases("cases asked both ways", CASES, 1, always=ALWAYS, of=CASES.__getitem__)
)
def test_one_query_answers_what_each_check_answers_alone(case: Case) -> None:
    logs = TableLogs(read_folder(case.folder).tables)
    (texts,) = groups_of([case.known_playbook()])
    heard = Heard(logs)
    joined, single = run_on(heard, logs, case, Run), run_on(logs, logs, case, CheckByCheck)

    # The text of an answer has the order of its columns and the types of its values, too.
    assert repr(sorted(single.ask_all(texts).items())) == repr(sorted(joined.ask_all([], [texts]).items()))
    assert [joined.text_of(together(texts))] == heard.texts
    assert diagnose(case.known_playbook(), single) == diagnose(case.known_playbook(), joined)


@pytest.mark.parametrize("playbook", load_library().values(), ids=lambda playbook: playbook.id)
def test_one_query_for_all_checks_of_a_playbook_compiles(playbook: Playbook) -> None:
    (texts,) = groups_of([playbook])

    (compiled,) = compile_texts([complete(together(texts), ANY)])

    assert all(map(can_join, texts))
    assert len(texts) > AT_ONCE
    assert compiled.diagnostics == ()
    assert list(compiled.columns) == ["Check", *RESULT_COLUMNS, "Numbers"]
