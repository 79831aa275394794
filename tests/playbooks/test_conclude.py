from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.playbooks.conclude import conclude, conclusion_of
from shared.playbooks.diagnosis import (
    Conclusion,
    Diagnosis,
    Evidence,
    EvidenceKind,
    Finding,
    Unexplained,
    Verdict,
)
from shared.queries.scope import Window

THREE = datetime(2026, 11, 20, 3, tzinfo=UTC)
S, I, R, N, F = Verdict.SUPPORTED, Verdict.INCONCLUSIVE, Verdict.REFUTED, Verdict.NO_DATA, Verdict.FAILED  # noqa: E741


def finding(verdict: Verdict, name: str = "ping-timeout") -> Finding:
    return Finding(
        name, "Pings stop", EvidenceKind.OBSERVED, Evidence(verdict, 0.5, "A refusal of the workspace.")
    )


def diagnosis(symptom: Verdict, *verdicts: Verdict) -> Diagnosis:
    findings = tuple(finding(verdict, f"cause-{place}") for place, verdict in enumerate(verdicts))
    evidence = Evidence(symptom, 1.0, "7 of 90 connections were aborted.")
    window = Window(THREE, THREE + timedelta(hours=1))
    return Diagnosis(
        "drops",
        "Drops",
        "/r",
        window,
        Conclusion.FAILED,
        "x",
        evidence,
        findings,
        ("WebPubSubMessaging",),
        "",
    )


@pytest.mark.parametrize(
    ("symptom", "verdicts", "rows", "expected"),
    [
        pytest.param(S, [S, R], 90, "supported", id="a cause is supported"),
        pytest.param(I, [S, I], 90, "supported", id="a supported cause outweighs thin evidence"),
        pytest.param(S, [R, R], 90, "nothing-found", id="the symptom is there and nothing explains it"),
        pytest.param(R, [R, N], 90, "nothing-found", id="healthy, with a hypothesis that has no source yet"),
        pytest.param(S, [R, I], 90, "inconclusive", id="one hypothesis is open"),
        pytest.param(S, [R, F], 90, "inconclusive", id="one check did not answer"),
        pytest.param(I, [I, N], 9, "inconclusive", id="too few events"),
        pytest.param(N, [N, N], 9, "inconclusive", id="rows, but none that the checks count"),
        pytest.param(N, [N, N], 0, "no-data", id="no row in any table of the service"),
        pytest.param(N, [S, N], 0, "no-data", id="a declared incident, and no row of the service"),
        pytest.param(F, [F, F], 1, "failed", id="no check could run"),
        pytest.param(F, [F, N], 1, "failed", id="no check could run beside a probe without a source"),
    ],
)
def test_concludes(symptom: Verdict, verdicts: list[Verdict], rows: int, expected: str) -> None:
    findings = [finding(verdict) for verdict in verdicts]

    assert conclusion_of(Evidence(symptom, 0.0, "."), findings, rows=rows) == expected


@pytest.mark.parametrize(
    ("symptom", "bad", "unexplained", "expected"),
    [
        pytest.param(S, 121, 121, "inconclusive", id="all drops say what nobody knows"),
        pytest.param(S, 121, 13, "nothing-found", id="fewer than twenty"),
        pytest.param(S, 900, 60, "nothing-found", id="fewer than a tenth"),
        pytest.param(R, 0, 96, "inconclusive", id="refusals that the symptom does not count"),
        pytest.param(R, 60, 40, "nothing-found", id="background that the symptom counted"),
    ],
)
def test_bad_events_that_nothing_explains_forbid_an_all_clear(
    symptom: Verdict, bad: int, unexplained: int, expected: str
) -> None:
    evidence = Evidence(symptom, 0.0, ".", numbers={"Bad": bad})
    texts = (Unexplained("Message count reaches limit", unexplained, 40),)
    example = replace(diagnosis(R, R), symptom=evidence, unexplained=texts, unexplained_total=unexplained)

    concluded = conclude(example, rows=900)

    assert expected == concluded.conclusion
    assert ("Message count reaches limit" in concluded.next_step) == (expected == "inconclusive")


@pytest.mark.parametrize(
    ("bad", "expected"), [(60, "inconclusive"), (None, "inconclusive"), (0, "nothing-found")]
)
def test_an_unknown_number_that_nothing_explains_forbids_an_all_clear_of_bad_events(
    bad: int | None, expected: str
) -> None:
    evidence = Evidence(R, 0.0, ".", numbers={"Bad": bad})

    concluded = conclude(replace(diagnosis(R, R), symptom=evidence, unexplained_total=None), rows=900)

    assert expected == concluded.conclusion
    assert ("unknown" in concluded.next_step) == (expected == "inconclusive")


@pytest.mark.parametrize(("symptom", "expected"), [(S, "inconclusive"), (R, "nothing-found")])
@pytest.mark.parametrize("other", [N, Verdict.MINOR])
def test_a_symptom_is_open_while_a_hypothesis_is_minor_or_not_examined(
    symptom: Verdict, other: Verdict, expected: str
) -> None:
    assert expected == conclusion_of(Evidence(symptom, 0.0, "."), [finding(R), finding(other)], rows=90)


@pytest.mark.parametrize(
    ("symptom", "other", "expected"),
    [
        pytest.param(R, R, "supported", id="a reload alone"),
        pytest.param(S, R, "nothing-found", id="a reload beside drops that nothing explains"),
        pytest.param(S, I, "inconclusive", id="a reload beside drops that something may explain"),
        pytest.param(S, S, "supported", id="a reload beside drops that something explains"),
    ],
)
def test_normal_operation_concludes_nothing_about_a_symptom_beside_it(
    symptom: Verdict, other: Verdict, expected: str
) -> None:
    reload = Finding(
        "reload", "Reload", EvidenceKind.OBSERVED, Evidence(S, 0.9, "190.", numbers={"Benign": True})
    )

    assert expected == conclusion_of(Evidence(symptom, 0.0, "."), [finding(other), reload], rows=90)


@pytest.mark.parametrize("verdicts", [[S, R], [R, R], [I, R], [N, N], [F, F]])
def test_names_a_cause_exactly_when_one_is_supported(verdicts: list[Verdict]) -> None:
    concluded = conclude(diagnosis(verdicts[0], *verdicts), rows=90)

    assert (concluded.cause is not None) == (concluded.conclusion is Conclusion.SUPPORTED)


@pytest.mark.parametrize(
    ("example", "says"),
    [
        pytest.param(diagnosis(S, S), "first step for cause-0", id="supported"),
        pytest.param(diagnosis(R, R), "The symptom is not in this window: 7 of 90", id="healthy"),
        pytest.param(diagnosis(S, R, N), "Not examined: cause-1.", id="nothing explains it"),
        pytest.param(diagnosis(I, I, R), "too thin or contradictory for cause-0", id="inconclusive"),
        pytest.param(diagnosis(S, R, F), "did not answer (cause-1)", id="unanswered"),
        pytest.param(diagnosis(F, F), "Mend the access to the evidence first: 7 of 90", id="failed"),
    ],
)
def test_always_says_what_to_look_at_next(example: Diagnosis, says: str) -> None:
    assert says in conclude(example, rows=90).next_step


def test_names_the_tables_whose_logs_are_not_sent() -> None:
    assert "the logs behind WebPubSubMessaging" in conclude(diagnosis(N, N), rows=0).next_step


@pytest.mark.parametrize(
    ("example", "says"),
    [
        pytest.param(
            diagnosis(S, S),
            "Carry out the first step for cause-0 and verify it before the next.",
            id="supported",
        ),
        pytest.param(
            diagnosis(R, R),
            "The symptom is not in this window: 7 of 90 connections were aborted.",
            id="healthy",
        ),
        pytest.param(
            diagnosis(S, R, R),
            "The symptom is there and no known cause explains it: read the unclassified rows by hand.",
            id="nothing explains it",
        ),
        pytest.param(
            diagnosis(S, N, N),
            "Not examined: cause-0, cause-1.",
            id="nothing was examined",
        ),
        pytest.param(
            diagnosis(I, I, R, I),
            "The evidence is too thin or contradictory for cause-0, cause-2: look again when more rows have arrived, "
            "or widen the window.",
            id="thin",
        ),
        pytest.param(
            diagnosis(I, R),
            "The evidence is too thin or contradictory for the hypotheses: look again when more rows have arrived, "
            "or widen the window.",
            id="thin, and every hypothesis is settled",
        ),
        pytest.param(
            diagnosis(S, F, I, F),
            "Some checks did not answer (cause-0, cause-2): run the diagnosis again.",
            id="unanswered",
        ),
        pytest.param(
            diagnosis(N, N, F),
            "Mend the access to the evidence first: A refusal of the workspace.",
            id="the check of a hypothesis says what was refused",
        ),
    ],
)
def test_says_the_next_step_in_a_sentence(example: Diagnosis, says: str) -> None:
    assert says == conclude(example, rows=90).next_step


def test_names_the_missing_tables_or_says_that_they_are_the_services() -> None:
    several = replace(diagnosis(N, N), missing=("WebPubSubMessaging", "WebPubSubHttpRequest"))
    sentence = "No evidence in this window: check that a diagnostic setting sends the logs behind {} to this workspace."

    assert sentence.format("WebPubSubMessaging, WebPubSubHttpRequest") == conclude(several, rows=0).next_step
    assert sentence.format("the service's tables") == conclude(replace(several, missing=()), rows=0).next_step


def test_the_first_of_its_ranked_findings_is_the_cause() -> None:
    assert "cause-0" == conclude(diagnosis(S, S, S), rows=90).cause


def test_a_single_row_of_the_service_is_evidence() -> None:
    assert Conclusion.INCONCLUSIVE is conclusion_of(Evidence(N, 0.0, "."), [finding(N)], rows=1)


def test_a_check_that_failed_beside_one_that_answered_is_not_a_failure_of_all() -> None:
    assert Conclusion.INCONCLUSIVE is conclusion_of(Evidence(F, 0.0, "."), [finding(R)], rows=9)
    assert Conclusion.SUPPORTED is conclusion_of(Evidence(F, 0.0, "."), [finding(S), finding(F)], rows=9)
