import shlex
from datetime import UTC, datetime, timedelta

import pytest

from local.rows.pubsub_log import REQUEST
from shared.playbooks.diagnosis import (
    Conclusion,
    Diagnosis,
    Evidence,
    EvidenceKind,
    Finding,
    TableCoverage,
    Verdict,
)
from shared.playbooks.next_command import diagnose_command, fetch_command
from shared.playbooks.next_step import deciding_command
from shared.queries.scope import Window

LOBBY = "/subscriptions/0a1b/resourcegroups/chat(prod)/providers/microsoft.signalrservice/webpubsub/lobby"
NIGHT = Window(datetime(2026, 11, 20, 3, tzinfo=UTC), datetime(2026, 11, 20, 4, tzinfo=UTC))


def test_fetches_every_table_of_the_resource_for_the_window() -> None:
    command = fetch_command(LOBBY, NIGHT, workspace="11111111-2222-3333-4444-555555555555")

    assert [
        *["linekeeper", "fetch", LOBBY, "--workspace", "11111111-2222-3333-4444-555555555555"],
        *["--from", "2026-11-20T03:00:00Z", "--to", "2026-11-20T04:00:00Z"],
    ] == shlex.split(command)


def test_leaves_the_workspace_to_the_person_who_knows_it() -> None:
    assert '--workspace "$WORKSPACE_GUID"' in fetch_command(LOBBY, NIGHT)
    assert '--workspace "$WORKSPACE_GUID"' in diagnose_command(LOBBY, NIGHT)


def test_diagnoses_a_folder_by_one_playbook() -> None:
    command = diagnose_command(LOBBY, NIGHT, playbook="web-pubsub-connection-drops", logs="last night")

    assert [
        *["linekeeper", "diagnose", "--logs", "last night", "--resource", LOBBY],
        *["--from", "2026-11-20T03:00:00Z", "--to", "2026-11-20T04:00:00Z"],
        *["--playbook", "web-pubsub-connection-drops"],
    ] == shlex.split(command)


def undecided(
    conclusion: Conclusion, *coverage: TableCoverage, verdict: Verdict = Verdict.REFUTED
) -> Diagnosis:
    """Return a diagnosis of the lobby in the night, with one hypothesis and these tables."""
    evidence = Evidence(verdict, 0.0, "0 of 210.", lacking=(REQUEST,) if verdict is Verdict.NO_DATA else ())
    finding = Finding("expired-tokens", "Tokens expire", EvidenceKind.OBSERVED, evidence)
    return Diagnosis(
        "failures", "Connects fail", LOBBY, NIGHT, conclusion, None, evidence, (finding,), (), "", coverage=coverage
    )  # fmt: skip


def held(start: datetime, end: datetime, note: str = "") -> TableCoverage:
    return TableCoverage(REQUEST, 90, oldest=start, newest=end, note=note)


CUT = held(NIGHT.start, NIGHT.start + timedelta(minutes=8), "rows only until 03:08")
AN_HOUR_LATER = held(NIGHT.start + timedelta(hours=1), NIGHT.end + timedelta(minutes=59))


@pytest.mark.parametrize(
    ("diagnosis", "command"),
    [
        pytest.param(undecided(Conclusion.INCONCLUSIVE, CUT), fetch_command(LOBBY, NIGHT), id="a cut export"),
        pytest.param(undecided(Conclusion.INCONCLUSIVE, verdict=Verdict.NO_DATA), fetch_command(LOBBY, NIGHT), id="a missing table"),
        pytest.param(undecided(Conclusion.NO_DATA), fetch_command(LOBBY, NIGHT), id="no table at all"),
        pytest.param(undecided(Conclusion.INCONCLUSIVE, verdict=Verdict.FAILED), diagnose_command(LOBBY, NIGHT, playbook="failures", logs="last night"), id="a check without an answer"),
        pytest.param(undecided(Conclusion.NO_DATA, TableCoverage(REQUEST, 0, held=90)), "", id="rows of other resources"),
        pytest.param(undecided(Conclusion.INCONCLUSIVE), "", id="thin evidence"),
        pytest.param(undecided(Conclusion.NOTHING_FOUND, CUT), "", id="an all-clear"),
    ],
)  # fmt: skip
def test_names_the_command_that_decides(diagnosis: Diagnosis, command: str) -> None:
    assert command == deciding_command(diagnosis, logs="last night")


def test_asks_again_at_the_time_at_which_the_rows_lie() -> None:
    command = deciding_command(undecided(Conclusion.NO_DATA, AN_HOUR_LATER), logs="last night")

    assert "--from 2026-11-20T04:00:00Z --to 2026-11-20T05:00:00Z" in command
    assert "--logs 'last night'" in command
