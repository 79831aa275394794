"""Causes and what diagnoses lacked add up over incidents."""

from dataclasses import replace
from datetime import UTC, date, datetime
from io import StringIO

from rich.console import Console

from local.commands.trends import footer, week_table
from shared.incidents.incident import Incident
from shared.incidents.report.trends import Lack, Week, lacks_of, weeks_of
from shared.playbooks.diagnosis import Diagnosis, Verdict
from shared.playbooks.playbook import RootCause
from tests.notices.diagnoses import evidence, expired_tokens, finding
from tests.notices.milestones import PLAYBOOK, opened

REQUESTS, ACTIVITY = "WebPubSubHttpRequest", "AzureActivity"


def night(symptom: tuple[str, ...] = (), **lacking: str) -> Diagnosis:
    """Return a diagnosis whose hypotheses each lacked a table."""
    shown = replace(evidence(Verdict.SUPPORTED, "40 of 90 failed."), lacking=symptom)
    findings = tuple(
        finding(name, replace(evidence(Verdict.NO_DATA, "Not examined."), lacking=(table,)), rank=place)
        for place, (name, table) in enumerate(lacking.items(), start=1)
    )
    return replace(expired_tokens(), symptom=shown, findings=findings)


def test_says_what_would_have_settled_most_hypotheses() -> None:
    first = night((REQUESTS,), expired=REQUESTS, audience=REQUESTS, changed=ACTIVITY)
    second = night(changed=ACTIVITY, incident=ACTIVITY)

    assert (Lack(ACTIVITY, 2, 3, 0), Lack(REQUESTS, 1, 2, 1)) == lacks_of([first, second])


def test_nothing_was_lacking_where_every_hypothesis_was_settled() -> None:
    assert () == lacks_of([expired_tokens()])


def test_what_a_settled_hypothesis_lacked_does_not_count() -> None:
    seen = replace(evidence(Verdict.SUPPORTED, "40 of 90."), lacking=(REQUESTS,))

    assert () == lacks_of([replace(expired_tokens(), findings=(finding("expired", seen, rank=1),))])


def incident(day: int, cause: str | None, **changes: object) -> Incident:
    opened_at = datetime(2026, 11, day, 12, tzinfo=UTC)
    return replace(opened(), opened_at=opened_at, cause=cause, **changes)  # type: ignore[arg-type]


def test_counts_root_causes_by_the_week_in_which_incidents_opened() -> None:
    tokens, nothing = "token-expired", None
    incidents = [
        incident(4, tokens),
        incident(5, nothing),
        incident(19, tokens),
        incident(22, "a-cause-of-a-page-that-is-gone"),
        incident(20, tokens, joined_to="another"),
    ]

    assert (
        Week(date(2026, 11, 16), 2, {RootCause.CODE: 1, RootCause.UNKNOWN: 1}),
        Week(date(2026, 11, 9), 0, {}),
        Week(date(2026, 11, 2), 2, {RootCause.CODE: 1, RootCause.UNKNOWN: 1}),
    ) == weeks_of(incidents, {PLAYBOOK.id: PLAYBOOK})


def test_no_incident_makes_no_week() -> None:
    assert () == weeks_of([], {})


def test_the_table_of_weeks_names_every_bucket() -> None:
    console = Console(file=StringIO(), width=132)
    console.print(week_table(weeks_of([incident(4, "token-expired")], {PLAYBOOK.id: PLAYBOOK})))
    text = console.file.getvalue()  # type: ignore[attr-defined]

    assert all(str(bucket).capitalize() in text for bucket in RootCause)
    assert "2026-11-02" in text


def test_says_how_many_incidents_each_table_is_of() -> None:
    assert "60 incidents in the last 90 days." == footer(every=60, newest=60)
    assert "60 incidents in the last 90 days; what was lacking is that of the newest 50." == footer(
        every=60, newest=50
    )
