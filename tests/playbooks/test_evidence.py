import math
from datetime import UTC, datetime

import pytest

from shared.playbooks.diagnosis import Evidence, Verdict
from shared.playbooks.evidence import evidence_of
from shared.queries.logs import Failure, LogAnswer, QueryError

THREE = datetime(2026, 11, 20, 3, tzinfo=UTC)
ROW = {"Verdict": "supported", "Strength": 0.7, "Summary": "30 of 40 aborts.", "Onset": THREE, "Hits": 30}


def test_reads_the_row_of_a_check_and_keeps_its_numbers() -> None:
    evidence = evidence_of(LogAnswer((ROW,)), "print 1")

    assert evidence == Evidence(Verdict.SUPPORTED, 0.7, "30 of 40 aborts.", THREE, {"Hits": 30}, "print 1")


def test_a_table_that_was_never_received_is_no_data() -> None:
    missing = QueryError(Failure.MISSING_TABLE, "the workspace has no table WebPubSubMessaging")

    assert evidence_of(missing, "").verdict is Verdict.NO_DATA


@pytest.mark.parametrize("failure", sorted(set(Failure) - {Failure.MISSING_TABLE}))
def test_a_query_that_did_not_answer_is_failed_with_its_reason(failure: Failure) -> None:
    evidence = evidence_of(QueryError(failure, "403: no role on this workspace"), "print 1")

    assert evidence.verdict is Verdict.FAILED
    assert str(failure) in evidence.summary
    assert "no role on this workspace" in evidence.summary


def test_no_row_is_no_data() -> None:
    assert evidence_of(LogAnswer(()), "").verdict is Verdict.NO_DATA


@pytest.mark.parametrize("verdict", ["supported", "refuted"])
def test_a_partial_answer_settles_nothing(verdict: str) -> None:
    evidence = evidence_of(LogAnswer(({**ROW, "Verdict": verdict},), partial="results truncated"), "")

    assert (evidence.verdict, evidence.strength) == (Verdict.INCONCLUSIVE, 0.0)
    assert "results truncated" in evidence.summary


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({**ROW, "Verdict": "healthy"}, id="a verdict that does not exist"),
        pytest.param({**ROW, "Onset": "last night"}, id="an onset that is not a time"),
        pytest.param({"Verdict": "supported"}, id="columns are missing"),
    ],
)
def test_an_answer_that_cannot_be_read_is_failed(row: dict[str, object]) -> None:
    assert evidence_of(LogAnswer((row,)), "").verdict is Verdict.FAILED


@pytest.mark.parametrize(("strength", "expected"), [(None, 0.0), (math.nan, 0.0), (1.5, 1.0), (-0.1, 0.0)])
def test_a_strength_is_kept_between_nought_and_one(strength: float | None, expected: float) -> None:
    assert evidence_of(LogAnswer(({**ROW, "Strength": strength},)), "").strength == expected
