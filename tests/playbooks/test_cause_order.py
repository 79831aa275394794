"""A cause comes before its effect, and what is named beside it explains what it does not."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.playbooks.causes.order import settled
from shared.playbooks.diagnosis import Conclusion, Diagnosis, Evidence, EvidenceKind, Finding, Verdict
from shared.playbooks.rank import mark_consequences
from shared.queries.scope import Window

NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)
WINDOW = Window(NINE, NINE + timedelta(hours=1))
SYMPTOM = Evidence(Verdict.SUPPORTED, 1.0, "240 of 900 connects failed.", NINE + timedelta(minutes=10))
OBSERVED, CORRELATED = EvidenceKind.OBSERVED, EvidenceKind.CORRELATED


def finding(
    name: str, minute: float | None, strength: float, hits: int = 0, kind: EvidenceKind = OBSERVED
) -> Finding:
    """Return a supported hypothesis that began so many minutes after nine."""
    onset = None if minute is None else NINE + timedelta(minutes=minute)
    numbers = {"Bad": 240, "Hits": hits} if hits else {}
    return Finding(
        name, name.title(), kind, Evidence(Verdict.SUPPORTED, strength, f"{hits} of 240.", onset, numbers)
    )


def verdicts(*findings: Finding, symptom: Evidence = SYMPTOM) -> dict[str, str]:
    diagnosis = Diagnosis(
        "failures", "Failures", "/r", WINDOW, Conclusion.SUPPORTED, None, symptom, findings, (), ""
    )
    [marked] = mark_consequences([diagnosis], {"failures/effect": ("failures/expired",)})
    return {
        found.hypothesis: f"after {found.consequence_of}"
        if found.consequence_of
        else str(found.evidence.verdict)
        for found in settled(marked).findings
    }


@pytest.mark.parametrize(
    ("minute", "strength", "verdict"),
    [
        pytest.param(10, 0.35, "supported", id="with the symptom"),
        pytest.param(14, 0.35, "supported", id="within a bucket of it"),
        pytest.param(16, 0.35, "minor", id="more than a bucket after it"),
        pytest.param(40, 0.8, "supported", id="after it, and most of it"),
        pytest.param(None, 0.35, "supported", id="at no time"),
    ],
)
def test_a_cause_does_not_begin_after_its_effect(minute: float | None, strength: float, verdict: str) -> None:
    assert {"quota": verdict} == verdicts(finding("quota", minute, strength))


def test_says_how_much_later_it_began() -> None:
    diagnosis = Diagnosis(
        "f", "F", "/r", WINDOW, Conclusion.SUPPORTED, None, SYMPTOM, (finding("quota", 40, 0.35, 90),), (), ""
    )

    [quota] = settled(diagnosis).findings

    assert (
        "90 of 240. It began 30 minutes after the symptom, so it is not what began it."
        == quota.evidence.summary
    )


def test_without_a_symptom_nothing_is_late() -> None:
    quiet = Evidence(Verdict.REFUTED, 0.0, "None failed.", NINE)

    assert {"lifetime": "supported"} == verdicts(finding("lifetime", 40, 0.35), symptom=quiet)


@pytest.mark.parametrize(
    ("beside", "verdict"),
    [
        pytest.param(finding("network", 11, 0.4, 110), "after expired", id="it begins just after the cause"),
        pytest.param(finding("network", 9, 0.4, 110), "minor", id="it begins before the cause"),
        pytest.param(finding("changed", 5, 0.9, kind=CORRELATED), "minor", id="a change that explains no event"),
        pytest.param(finding("effect", 12, 0.4, 110), "after expired", id="its page calls it a consequence"),
    ],
)  # fmt: skip
def test_what_explains_nothing_more_than_the_cause_is_no_second_cause(beside: Finding, verdict: str) -> None:
    found = verdicts(finding("expired", 10, 0.9, 235), beside)

    assert {"expired": "supported", beside.hypothesis: verdict} == found


def test_two_causes_that_share_the_bad_events_are_two() -> None:
    found = verdicts(finding("expired", 10, 0.45, 120), finding("network", 10, 0.4, 110))

    assert {"expired": "supported", "network": "supported"} == found
