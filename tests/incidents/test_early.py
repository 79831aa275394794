"""An early look tells no cause, and rules none out, before the rows of the breach are there."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.incidents.incident import Incident, State
from shared.incidents.lifecycle.early import as_arrived
from shared.playbooks.diagnosis import (
    Conclusion,
    Diagnosis,
    Evidence,
    EvidenceKind,
    Finding,
    TableCoverage,
    Verdict,
)
from shared.queries.scope import Window

SEVEN = datetime(2026, 11, 16, 7, tzinfo=UTC)
REQUESTS, ACTIVITY = "WebPubSubHttpRequest", "AzureActivity"


def at(minute: float) -> datetime:
    return SEVEN + timedelta(minutes=minute)


BREACH = Incident(
    id="traders.failures.1",
    resource="/traders",
    symptom="failures",
    number=1,
    state=State.DETECTED,
    opened_at=at(25),
    state_since=at(25),
    onset=at(20),
    last_bad=at(25),
    severity=2,
    bad=40,
    total=140,
)


def finding(verdict: Verdict, strength: float = 0.0, query: str = REQUESTS) -> Finding:
    evidence = Evidence(verdict, strength, "14 of 20 asked for a path that is none.", at(20), query=query)
    return Finding("hub-wrong", "A wrong hub", EvidenceKind.OBSERVED, evidence)


def diagnosis(found: Finding, *, seen: int = 40, newest: float = 24) -> Diagnosis:
    """Return a diagnosis of the traders on the rows until a minute."""
    is_supported = found.evidence.verdict is Verdict.SUPPORTED
    return Diagnosis(
        playbook="failures",
        title="Connects fail",
        resource="/traders",
        window=Window(at(-10), at(25)),
        conclusion=Conclusion.SUPPORTED if is_supported else Conclusion.NOTHING_FOUND,
        cause=found.hypothesis if is_supported else None,
        symptom=Evidence(Verdict.SUPPORTED, 1.0, "40 of 140 failed.", numbers={"Bad": seen}),
        findings=(found,),
        missing=(),
        next_step="",
        coverage=(TableCoverage(REQUESTS, 90, at(0), at(newest), at(0), at(newest)),),
    )


@pytest.mark.parametrize(
    ("example", "minute", "says"),
    [
        pytest.param(diagnosis(finding(Verdict.SUPPORTED, 0.48)), 26, "half of the bad events", id="a cause of less than half"),
        pytest.param(diagnosis(finding(Verdict.SUPPORTED, 0.9), newest=19), 26, "No row of the failures", id="only rows from before the breach"),
        pytest.param(diagnosis(finding(Verdict.SUPPORTED, 0.9), seen=9), 26, "Only 9 of 40 bad events", id="a quarter of the breach"),
    ],
)  # fmt: skip
def test_tells_no_cause_before_the_rows_of_the_breach_are_there(
    example: Diagnosis, minute: float, says: str
) -> None:
    early = as_arrived(example, BREACH, at(minute))

    assert (Conclusion.INCONCLUSIVE, None) == (early.conclusion, early.cause)
    assert says in early.findings[0].evidence.summary


@pytest.mark.parametrize(
    ("example", "minute"),
    [
        pytest.param(diagnosis(finding(Verdict.SUPPORTED, 0.9)), 26, id="a clear cause at once"),
        pytest.param(diagnosis(finding(Verdict.SUPPORTED, 0.35)), 36, id="a lesser cause ten minutes later"),
        pytest.param(
            diagnosis(finding(Verdict.SUPPORTED, 0.9, query=""), newest=19), 26, id="a cause by metrics"
        ),
    ],
)
def test_tells_a_cause_as_soon_as_its_rows_are_there(example: Diagnosis, minute: float) -> None:
    assert example == as_arrived(example, BREACH, at(minute))


@pytest.mark.parametrize(
    ("query", "minute", "verdict"),
    [
        pytest.param(REQUESTS, 30, "inconclusive", id="requests within ten minutes"),
        pytest.param(REQUESTS, 35, "refuted", id="requests after ten minutes"),
        pytest.param(ACTIVITY, 35, "inconclusive", id="the Activity Log within twenty"),
        pytest.param(ACTIVITY, 45, "refuted", id="the Activity Log after twenty"),
        pytest.param("", 26, "refuted", id="a metric"),
    ],
)
def test_rules_nothing_out_whose_rows_may_still_come(query: str, minute: float, verdict: str) -> None:
    early = as_arrived(diagnosis(finding(Verdict.REFUTED, query=query)), BREACH, at(minute))

    assert verdict == early.findings[0].evidence.verdict


def test_what_could_not_be_asked_stays_as_it_is() -> None:
    failed = replace(diagnosis(finding(Verdict.FAILED)), conclusion=Conclusion.FAILED)

    assert failed == as_arrived(failed, BREACH, at(26))
