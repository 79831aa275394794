"""What the rows do not cover is not quiet: absence needs the table that would show it, and its rows of the window."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pages import lines_drop

from local.rows.pubsub_log import CONNECTIVITY, MESSAGING, NINE, REQUEST, SCOPE, PubSubLog, spread
from local.workspace.direct import TableLogs
from shared.playbooks.coverage.absence import Proof
from shared.playbooks.coverage.ask import coverage_of, coverage_query
from shared.playbooks.diagnosis import Conclusion, Diagnosis, Evidence, TableCoverage, Verdict
from shared.playbooks.loading.load import load_library
from shared.playbooks.run import diagnose
from shared.playbooks.survey import survey
from shared.queries.scope import Scope, Window
from tests import drawn

OTHERS = "/subscriptions/6f1c/resourcegroups/rg-floor/providers/microsoft.signalrservice/webpubsub/kitchen"
QUIET = Evidence(Verdict.REFUTED, 0.0, "0 of 210 connects failed.")


def at(minute: float) -> object:
    return NINE + timedelta(minutes=minute)


def covered(
    log: PubSubLog, table: str = CONNECTIVITY, scope: Scope = SCOPE, breach: Window | None = None
) -> TableCoverage:
    """Ask how far a table covers an hour from nine on."""
    text = coverage_query([table], scope.window)
    outcome = TableLogs(log.rows).run_on(scope).ask_all([text])[text]
    [coverage] = coverage_of(outcome, scope.window, breach) or ()
    return coverage


def rows_at(*minutes: float) -> PubSubLog:
    log = PubSubLog()
    for minute in minutes:
        log.connectivity(minute, "ConnectionStarted")
    return log


def test_counts_the_rows_of_a_table_with_the_first_and_the_last() -> None:
    coverage = covered(rows_at(-30, 5, 6, 58))

    assert (3, at(5), at(58)) == (coverage.rows, coverage.first, coverage.last)
    assert (at(-30), at(58), 4) == (coverage.oldest, coverage.newest, coverage.held)


def test_counts_rows_of_another_resource_only_as_held() -> None:
    log = rows_at(5)
    log.add(CONNECTIVITY, 6, OperationName="ConnectionStarted", _ResourceId=OTHERS)

    coverage = covered(log)

    assert (1, 2) == (coverage.rows, coverage.held)


@pytest.mark.parametrize(
    ("minutes", "note"),
    [
        pytest.param(spread(300, 0, 60), "", id="rows all the time"),
        pytest.param(spread(300, 0, 8.4), "rows only until 09:08", id="an export that was cut"),
        pytest.param(spread(300, 31, 60), "rows only from 09:31", id="an export that begins late"),
        pytest.param([*spread(200, 0, 20), *spread(200, 40, 60)], "no rows from 09:20 to 09:40", id="a hole"),
        pytest.param(spread(12, 0, 20), "", id="too few rows to expect more"),
        pytest.param(spread(60, 0, 55), "", id="a short pause at the end"),
        pytest.param([*spread(400, 0, 20), *spread(20, 20, 48)], "", id="few rows after a storm, and a pause as long as theirs"),
        pytest.param([*spread(20, 12, 40), *spread(400, 40, 60)], "", id="few rows before a storm, and a pause as long as theirs"),
        pytest.param([*spread(400, 0, 20), *spread(80, 20, 48)], "rows only until 09:47", id="rows after a storm that end too early"),
        pytest.param([start + step / 50 for start in (0, 15, 30, 45) for step in range(50)], "", id="bursts with pauses"),
    ],
)  # fmt: skip
def test_says_which_part_of_the_window_the_rows_leave_out(minutes: Sequence[float], note: str) -> None:
    assert note == covered(rows_at(*minutes)).note


def test_what_lies_before_a_breach_need_not_be_covered() -> None:
    breach = Window(NINE + timedelta(minutes=30), NINE + timedelta(hours=1))

    assert "" == covered(rows_at(*spread(300, 28, 60)), breach=breach).note
    assert "rows only until 09:44" == covered(rows_at(*spread(300, 0, 45)), breach=breach).note


def test_a_window_of_a_week_is_searched_too() -> None:
    week = replace(SCOPE, window=Window(NINE, NINE + timedelta(days=7)))

    assert "rows only until 2026-11-22 20:56" == covered(rows_at(*spread(900, 0, 60 * 60)), scope=week).note


@pytest.mark.parametrize("count", [10_000, 30_000])
def test_a_limit_of_the_export_is_recognised(count: int) -> None:
    assert f"exactly {count:,} rows" in covered(rows_at(*spread(count, 0, 60))).note


def test_an_export_that_was_cut_at_a_limit_says_until_when_it_reaches() -> None:
    note = covered(rows_at(*spread(10_000, 0, 20.4))).note

    assert note.startswith("exactly 10,000 rows")
    assert note.endswith("rows only until 09:20")


def test_one_row_more_than_a_limit_is_none() -> None:
    assert "" == covered(rows_at(*spread(10_001, 0, 60))).note


def diagnosed(log: PubSubLog, folder: Path) -> Diagnosis:
    return diagnose(lines_drop(folder), TableLogs(log.rows).run_on(SCOPE))


@pytest.mark.parametrize(
    ("minutes", "says"),
    [
        pytest.param(spread(60, -60, 0), "08:00 to 08:59 UTC, you asked for 09:00 to 10:00 UTC. Is the window given in local time?", id="an hour before"),
        pytest.param(spread(60, 180, 240), "12:00 to 12:59 UTC, you asked for 09:00 to 10:00 UTC. Is the window", id="three hours after"),
        pytest.param(spread(60, -60 * 24 * 7, 60 * -24 * 7 + 10), "2026-11-13 09:00 to 2026-11-13 09:09", id="a week before"),
    ],
)  # fmt: skip
def test_a_window_beside_the_rows_is_told_where_they_are(
    minutes: Sequence[float], says: str, tmp_path: Path
) -> None:
    diagnosis = diagnosed(rows_at(*minutes), tmp_path)

    assert Conclusion.NO_DATA is diagnosis.conclusion
    assert says in diagnosis.next_step


def test_a_window_between_rows_is_no_wrong_time_zone(tmp_path: Path) -> None:
    log = rows_at(*spread(30, -90, -30), *spread(30, 90, 120))

    assert "before and after this window" in diagnosed(log, tmp_path).next_step


def test_rows_of_other_resources_alone_are_told(tmp_path: Path) -> None:
    log = PubSubLog()
    log.add(CONNECTIVITY, 6, OperationName="ConnectionStarted", _ResourceId=OTHERS)

    assert "belong to other resources" in diagnosed(log, tmp_path).next_step


def proof(*coverages: TableCoverage, missing: Sequence[str] = ()) -> Proof:
    return Proof({coverage.table: coverage for coverage in coverages}, frozenset(missing))


def coverage(table: str, note: str = "", *, is_collected: bool = True) -> TableCoverage:
    return TableCoverage(table, 90, oldest=NINE if is_collected else None, note=note)


NEEDS = ((REQUEST, MESSAGING), (CONNECTIVITY,))
ALL = (coverage(CONNECTIVITY), coverage(REQUEST), coverage(MESSAGING))


@pytest.mark.parametrize(
    ("tables", "verdict", "says", "lacking"),
    [
        pytest.param(proof(*ALL), "refuted", "0 of 210", (), id="all tables cover the window"),
        pytest.param(proof(*ALL, missing=[MESSAGING]), "refuted", "0 of 210", (), id="the other table of a group is there"),
        pytest.param(proof(*ALL, missing=[MESSAGING, REQUEST]), "no-data", "WebPubSubHttpRequest (diagnostic category HttpRequestLogs) or", (REQUEST, MESSAGING), id="no table of a group is there"),
        pytest.param(proof(coverage(CONNECTIVITY, is_collected=False), *ALL[1:]), "no-data", "no rows of this resource in WebPubSubConnectivity", (CONNECTIVITY,), id="a table holds only others' rows"),
        pytest.param(proof(coverage(CONNECTIVITY, "rows only until 09:08"), *ALL[1:]), "inconclusive", "WebPubSubConnectivity holds rows only until 09:08", (CONNECTIVITY,), id="a table covers a part"),
        pytest.param(proof(coverage(REQUEST, "rows only until 09:08"), ALL[0], ALL[2]), "refuted", "0 of 210", (), id="the other table of a group covers all"),
        pytest.param(proof(), "refuted", "0 of 210", (), id="nobody knows"),
    ],
)  # fmt: skip
def test_rules_nothing_out_without_its_tables(
    tables: Proof, verdict: str, says: str, lacking: Sequence[str]
) -> None:
    evidence = tables.covered(tables.seen(QUIET, NEEDS), NEEDS)

    assert verdict == evidence.verdict
    assert says in evidence.summary
    assert tuple(sorted(lacking)) == evidence.lacking


@pytest.mark.parametrize("verdict", [Verdict.SUPPORTED, Verdict.MINOR, Verdict.INCONCLUSIVE, Verdict.NO_DATA])
def test_what_is_seen_needs_no_other_table(verdict: Verdict) -> None:
    evidence = replace(QUIET, verdict=verdict)

    assert evidence == proof(missing=[CONNECTIVITY, REQUEST, MESSAGING]).seen(evidence, NEEDS)
    assert evidence == proof(coverage(CONNECTIVITY, "rows only until 09:08")).covered(evidence, NEEDS)


REFUSED = PubSubLog().accepted(210).refused(262, 401)


@drawn.both
@pytest.mark.parametrize("tables", drawn.items("tables", [(CONNECTIVITY,), (CONNECTIVITY, MESSAGING)], 1))
def test_a_night_without_the_rows_of_its_refusals_is_no_quiet_night(tables: Sequence[str]) -> None:
    log = PubSubLog({table: REFUSED.rows.get(table, []) for table in tables})
    library = load_library()
    of_service = [playbook for name, playbook in library.items() if name.startswith("web-pubsub")]

    by_name = diagnose(library["web-pubsub-connection-failures"], TableLogs(log.rows).run_on(SCOPE))
    by_auto = survey(of_service, TableLogs(log.rows).run_on(SCOPE)).strongest

    assert [Conclusion.INCONCLUSIVE] * 2 == [by_name.conclusion, by_auto.conclusion]
    assert "HttpRequestLogs" in by_name.next_step
    assert Verdict.REFUTED not in {finding.evidence.verdict for finding in by_name.findings}


def test_one_category_of_a_workspace_that_others_fill_is_no_quiet_night() -> None:
    others = [{**row, "_ResourceId": OTHERS} for row in REFUSED.rows[REQUEST]]
    log = PubSubLog({CONNECTIVITY: REFUSED.rows[CONNECTIVITY], REQUEST: others})

    diagnosis = diagnose(load_library()["web-pubsub-connection-failures"], TableLogs(log.rows).run_on(SCOPE))

    assert (Verdict.NO_DATA, Conclusion.INCONCLUSIVE) == (diagnosis.symptom.verdict, diagnosis.conclusion)
