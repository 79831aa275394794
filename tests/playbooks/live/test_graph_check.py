from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.context.ports import Absence, SourceUnavailableError
from shared.playbooks.diagnosis import Verdict
from shared.playbooks.live.graph_check import GraphChecks
from shared.queries.run import Run
from shared.queries.scope import Scope, Window
from tests.context.live_sources import MemoryArm, forbidden

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LOBBY = "/subscriptions/8f1e/resourcegroups/rt/providers/microsoft.signalrservice/webpubsub/lobby"
SCOPE = Scope((LOBBY,), Window(NOON - timedelta(hours=1), NOON))
TEXT = "resources | where id =~ {resource} | project Verdict = 'supported', Strength = 1.0, Summary = name, Onset = ''"
ROW = {
    "Verdict": "supported",
    "Strength": 1,
    "Summary": "It is so.",
    "Onset": "2026-03-02T11:30:00Z",
    "Units": 2,
}


class NoLogs:
    def query(self, text: str, within: timedelta) -> Any:
        raise AssertionError(text)


def checks(arm: MemoryArm | None) -> GraphChecks:
    return GraphChecks(Run(NoLogs(), SCOPE), arm.sources() if arm else None)


def test_answers_with_the_one_row_of_the_check() -> None:
    evidence = checks(MemoryArm(rows=[ROW])).answer(TEXT)

    assert (Verdict.SUPPORTED, NOON - timedelta(minutes=30), {"Units": 2}) == (
        evidence.verdict,
        evidence.onset,
        evidence.numbers,
    )


def test_asks_with_inlined_values_in_the_subscription_of_the_resource_and_once() -> None:
    arm = MemoryArm(rows=[ROW])
    asking = checks(arm)

    asking.answer(TEXT)
    asking.answer(TEXT)

    assert [TEXT.replace("{resource}", f"'{LOBBY}'") + " 8f1e"] == arm.asked


@pytest.mark.parametrize(
    ("arm", "verdict", "sentence"),
    [
        pytest.param(None, Verdict.NO_DATA, "which is not connected", id="not connected"),
        pytest.param(MemoryArm(), Verdict.NO_DATA, "without any row", id="no row"),
        pytest.param(MemoryArm(refuses={"8f1e": forbidden()}), Verdict.NO_DATA, "the role Reader would mend it", id="forbidden"),
        pytest.param(
            MemoryArm(refuses={"8f1e": SourceUnavailableError("429: later", absence=Absence.THROTTLED)}),
            Verdict.FAILED,
            "429: later",
            id="throttled",
        ),
        pytest.param(MemoryArm(rows=[{"Verdict": "supported"}]), Verdict.FAILED, "cannot be read", id="another row"),
        pytest.param(MemoryArm(rows=[{**ROW, "Onset": "soon"}]), Verdict.FAILED, "cannot be read", id="no time"),
    ],
)  # fmt: skip
def test_what_is_not_answered_is_said(arm: MemoryArm | None, verdict: Verdict, sentence: str) -> None:
    evidence = checks(arm).answer(TEXT)

    assert verdict == evidence.verdict
    assert sentence in evidence.summary
