from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fake_logs import FakeLogs, row
from pages import CHECK, PAGE, WITH_UNEXPLAINED, lines_drop, write_page

from shared.playbooks.diagnosis import Conclusion, Diagnosis, Unexplained, Verdict
from shared.playbooks.loading.load import load_playbook
from shared.playbooks.playbook import Playbook
from shared.playbooks.run import diagnose
from shared.playbooks.survey import survey
from shared.queries.logs import Failure, QueryError
from shared.queries.run import Run
from shared.queries.scope import Scope, Window

LOBBY = "/subscriptions/0a1b/resourcegroups/chat/providers/microsoft.signalrservice/webpubsub/lobby"
THREE = datetime(2026, 11, 20, 3, tzinfo=UTC)
SCOPE = Scope((LOBBY,), Window(THREE, THREE + timedelta(hours=1)))


@pytest.fixture
def playbook(tmp_path: Path) -> Playbook:
    return lines_drop(tmp_path)


def renamed(folder: Path, name: str) -> Playbook:
    """Load the page as another playbook, whose checks ask for something else."""
    text = PAGE.replace("lines-drop", name).replace('"ping timeout"', f'"{name}"')
    return load_playbook(write_page(folder, text, f"{name}.md"))


def diagnosed(playbook: Playbook, logs: FakeLogs) -> Diagnosis:
    return diagnose(playbook, Run(logs, SCOPE))


def test_finds_the_cause_that_is_supported(playbook: Playbook) -> None:
    diagnosis = diagnosed(playbook, FakeLogs({"ping timeout": row("supported", onset=THREE, Hits=30)}))

    assert (Conclusion.SUPPORTED, "ping-timeout") == (diagnosis.conclusion, diagnosis.cause)
    assert diagnosis.finding("ping-timeout").evidence.numbers == {"Hits": 30}


def test_keeps_the_complete_text_of_every_query(playbook: Playbook) -> None:
    diagnosis = diagnosed(playbook, FakeLogs({"ping timeout": row("supported")}))

    query = diagnosis.finding("ping-timeout").evidence.query
    assert query.startswith("let windowStart = datetime(2026-11-20T03:00:00Z);")
    assert query.endswith(CHECK)


def test_a_probe_without_a_source_says_what_it_needs(playbook: Playbook) -> None:
    evidence = diagnosed(playbook, FakeLogs({"ping timeout": row("refuted")})).finding("slow-client").evidence

    assert evidence.verdict is Verdict.NO_DATA
    assert "it needs the platform metrics" in evidence.summary


def test_a_probe_without_a_source_does_not_hide_a_healthy_window(playbook: Playbook) -> None:
    assert (
        Conclusion.NOTHING_FOUND == diagnosed(playbook, FakeLogs({"ping timeout": row("refuted")})).conclusion
    )


def test_empty_tables_are_no_data_whatever_the_checks_say(playbook: Playbook) -> None:
    assert (
        Conclusion.NO_DATA
        == diagnosed(playbook, FakeLogs({"ping timeout": row("no-data")}, rows=0)).conclusion
    )


def test_a_workspace_that_refuses_us_is_failed_and_not_healthy(playbook: Playbook) -> None:
    refused = QueryError(Failure.PERMISSION, "403: no role")

    diagnosis = diagnosed(playbook, FakeLogs({"ping timeout": refused}))

    assert Conclusion.FAILED == diagnosis.conclusion
    assert "no role" in diagnosis.next_step


def test_asks_a_check_that_two_places_share_only_once(playbook: Playbook) -> None:
    logs = FakeLogs({"ping timeout": row("refuted")})

    diagnosed(playbook, logs)

    assert len(logs.queries) == 2  # the rows of its tables, and the check that symptom and hypothesis share


def test_names_what_no_hypothesis_explains(tmp_path: Path) -> None:
    playbook = load_playbook(write_page(tmp_path, WITH_UNEXPLAINED))
    group = {"Text": "Message count reaches limit", "Events": 25, "Callers": 9, "Total": 40}
    logs = FakeLogs({"by Text": group, "ping timeout": row("refuted")})

    diagnosis = diagnosed(playbook, logs)

    assert (Unexplained("Message count reaches limit", 25, 9),) == diagnosis.unexplained
    assert 40 == diagnosis.unexplained_total


def test_what_no_hypothesis_explains_is_unknown_where_its_query_is_not_answered(tmp_path: Path) -> None:
    playbook = load_playbook(write_page(tmp_path, WITH_UNEXPLAINED))
    late = QueryError(Failure.OUT_OF_TIME, "no answer within the time of the diagnosis")
    logs = FakeLogs({"by Text": late, "ping timeout": row("refuted", Bad=7)})

    diagnosis = diagnosed(playbook, logs)

    assert diagnosis.unexplained_total is None
    assert Conclusion.INCONCLUSIVE is diagnosis.conclusion


def test_a_survey_reports_the_symptom_that_is_there_and_names_the_others(tmp_path: Path) -> None:
    quiet, loud = renamed(tmp_path, "quiet"), renamed(tmp_path, "loud")
    logs = FakeLogs({'"quiet"': row("refuted"), '"loud"': row("supported", onset=THREE)})

    result = survey([quiet, loud], Run(logs, SCOPE))

    assert ("loud", "ping-timeout") == (result.strongest.playbook, result.strongest.cause)
    assert result.others == (("quiet", "nothing-found", None),)


def test_a_survey_reports_the_stronger_of_two_symptoms(tmp_path: Path) -> None:
    weak, strong = renamed(tmp_path, "weak"), renamed(tmp_path, "strong")
    logs = FakeLogs({'"weak"': row("supported", 0.4), '"strong"': row("supported", 0.9)})

    result = survey([weak, strong], Run(logs, SCOPE))

    assert result.strongest.playbook == "strong"
    assert result.others == (("weak", "supported", "ping-timeout"),)


def test_a_survey_without_a_cause_reports_where_the_most_events_were_bad(tmp_path: Path) -> None:
    calm, failing = renamed(tmp_path, "calm"), renamed(tmp_path, "failing")
    logs = FakeLogs({'"calm"': row("inconclusive", Bad=0), '"failing"': row("inconclusive", Bad=3)})

    assert "failing" == survey([calm, failing], Run(logs, SCOPE)).strongest.playbook


@pytest.mark.parametrize(
    ("verdict", "conclusion"),
    [("refuted", "nothing-found"), ("inconclusive", "inconclusive"), ("no-data", "inconclusive")],
)
def test_a_survey_of_a_resource_without_symptoms_says_so(
    tmp_path: Path, verdict: str, conclusion: str
) -> None:
    result = survey([renamed(tmp_path, "calm")], Run(FakeLogs({'"calm"': row(verdict)}), SCOPE))

    assert (conclusion, None) == (result.strongest.conclusion, result.strongest.cause)


def test_a_cause_goes_before_what_followed_from_it_in_another_playbook(tmp_path: Path) -> None:
    text = PAGE.replace("lines-drop", "storm").replace('"ping timeout"', '"storm"')
    text = text.replace("storm/slow-client: [storm/ping-timeout]", "storm/ping-timeout: [crash/ping-timeout]")
    storm, crash = load_playbook(write_page(tmp_path, text, "storm.md")), renamed(tmp_path, "crash")
    later = THREE + timedelta(minutes=5)
    logs = FakeLogs({'"storm"': row("supported", 1.0, later), '"crash"': row("supported", 0.4, THREE)})

    result = survey([storm, crash], Run(logs, SCOPE))

    assert result.strongest.playbook == "crash"
    assert result.others == (("storm", "supported", "ping-timeout"),)


def test_a_cause_in_a_playbook_that_was_not_asked_for_is_found_too(tmp_path: Path) -> None:
    text = PAGE.replace("lines-drop", "storm").replace('"ping timeout"', '"storm"')
    text = text.replace("storm/slow-client: [storm/ping-timeout]", "storm/ping-timeout: [crash/ping-timeout]")
    storm, crash = load_playbook(write_page(tmp_path, text, "storm.md")), renamed(tmp_path, "crash")
    later = THREE + timedelta(minutes=5)
    logs = FakeLogs({'"storm"': row("supported", 1.0, later), '"crash"': row("supported", 0.4, THREE)})

    alone = diagnose(storm, Run(logs, SCOPE))
    with_library = diagnose(storm, Run(logs, SCOPE), {"storm": storm, "crash": crash})

    assert ["ping-timeout"] * 2 == [alone.cause, with_library.cause]
    assert alone.finding("ping-timeout").consequence_of is None
    assert "crash/ping-timeout" == with_library.finding("ping-timeout").consequence_of


def test_a_survey_finds_a_cause_though_its_symptom_is_absent(tmp_path: Path) -> None:
    text = (
        PAGE.replace("lines-drop", "lifetimes")
        .replace('"ping timeout"', '"absent"', 1)
        .replace('"ping timeout"', '"age"')
    )
    lifetimes, few = load_playbook(write_page(tmp_path, text, "lifetimes.md")), renamed(tmp_path, "few")
    logs = FakeLogs({'"absent"': row("refuted"), '"age"': row("supported"), '"few"': row("inconclusive")})

    result = survey([few, lifetimes], Run(logs, SCOPE))

    assert ("lifetimes", "ping-timeout") == (result.strongest.playbook, result.strongest.cause)


def test_a_symptom_without_a_cause_is_open_while_a_table_is_missing(playbook: Playbook) -> None:
    run = Run(FakeLogs({"ping timeout": row("refuted")}), SCOPE, missing={"WebPubSubConnectivity"})

    diagnosis = diagnose(playbook, run)

    assert (Verdict.NO_DATA, Conclusion.INCONCLUSIVE) == (diagnosis.symptom.verdict, diagnosis.conclusion)
    assert "WebPubSubConnectivity (diagnostic category ConnectivityLogs)" in diagnosis.next_step
