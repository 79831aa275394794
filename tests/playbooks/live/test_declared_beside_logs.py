"""An Activity Log without the category of Service Health refutes nothing that Resource Graph knows."""

from dataclasses import dataclass
from typing import Any

import pytest

from shared.playbooks.answers import Answers
from shared.playbooks.diagnosis import Evidence, Verdict
from shared.playbooks.live.graph_check import GraphChecks
from shared.playbooks.playbook import Check, Engine
from shared.playbooks.probes import SERVICE_HEALTH_PROBE
from shared.queries.logs import LogAnswer

TEXT = "T | invoke besideHealth()"


class QuietRun:
    """Has every table, and sends each text as it is."""

    missing: frozenset[str] = frozenset()

    def text_of(self, text: str) -> str:
        return text


@dataclass
class OneProbe:
    """Answers every probe with one verdict."""

    verdict: Verdict
    run: Any

    def answer(self, text: str, symptom: Evidence | None = None) -> Evidence:
        return Evidence(self.verdict, 0.9, f"{text} answers")


def verdict_of(log: str, probe: Verdict, fallback: str = SERVICE_HEALTH_PROBE) -> Verdict:
    row = {"Verdict": log, "Strength": 0.0, "Summary": "No incident was declared.", "Onset": None}
    probes: Any = OneProbe(probe, QuietRun())
    graph: Any = GraphChecks(probes.run, None)
    answers = Answers({TEXT: LogAnswer((row,))}, probes, None, graph)
    check = Check(Engine.LOGS, TEXT, 1, fallback=Check(Engine.PROBE, fallback, 2))
    return answers._evidence(check, ()).verdict


@pytest.mark.parametrize(
    ("log", "probe", "verdict"),
    [
        ("refuted", Verdict.SUPPORTED, Verdict.SUPPORTED),
        ("refuted", Verdict.INCONCLUSIVE, Verdict.REFUTED),
        ("refuted", Verdict.NO_DATA, Verdict.REFUTED),
        ("refuted", Verdict.FAILED, Verdict.REFUTED),
        ("supported", Verdict.REFUTED, Verdict.SUPPORTED),
        ("no-data", Verdict.REFUTED, Verdict.REFUTED),
    ],
)
def test_a_declared_incident_that_the_log_lacks_wins(log: str, probe: Verdict, verdict: Verdict) -> None:
    assert verdict is verdict_of(log, probe)


def test_no_other_probe_overrules_what_the_rows_refute() -> None:
    assert Verdict.REFUTED is verdict_of("refuted", Verdict.SUPPORTED, "web-pubsub-metrics closes")
