"""Run a `kql graph` check: its values are inlined, because Resource Graph has no `let`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.context.configuration import gap_of
from shared.context.graph_text import Value, inlined
from shared.context.ports import Absence, ContextSources, RawJson, SourceUnavailableError
from shared.playbooks.diagnosis import Evidence, Verdict
from shared.playbooks.evidence import evidence_of
from shared.playbooks.live.state_probe import not_read
from shared.queries.logs import LogAnswer
from shared.queries.run import Run
from shared.queries.scope import LOOKBACK, Scope

_WITHIN = timedelta(seconds=20)


@dataclass(slots=True)
class GraphChecks:
    """The queries of Resource Graph in one run; each text is asked once."""

    run: Run
    sources: ContextSources | None
    _answers: dict[str, Evidence] = field(default_factory=dict)

    def answer(self, text: str) -> Evidence:
        """Return the evidence in the one row of a check."""
        if text not in self._answers:
            self._answers[text] = self._ask(inlined(text, place_values(self.run.scope)))
        return self._answers[text]

    def _ask(self, text: str) -> Evidence:
        if self.sources is None:
            summary = "Not examined: it needs Azure Resource Graph, which is not connected."
            return Evidence(Verdict.NO_DATA, 0.0, summary)
        subscription = self.run.scope.resources[0].split("/")[2]
        try:
            rows = self.sources.graph.query(text, [subscription], min(_WITHIN, self.run.remaining()))
        except SourceUnavailableError as error:
            if error.absence in {Absence.REFUSED, Absence.OUT_OF_TIME, Absence.THROTTLED}:
                return Evidence(Verdict.FAILED, 0.0, f"Not examined: {error.reason}.", query=text)
            return not_read(gap_of(error))
        if not rows:
            return Evidence(Verdict.NO_DATA, 0.0, "Resource Graph answered without any row.", query=text)
        return evidence_of(LogAnswer(tuple(map(_with_onset, rows))), text)


def place_values(scope: Scope) -> Mapping[str, Value]:
    """Return what the places of a text stand for."""
    return {
        "resource": scope.resources[0],
        "resources": scope.resources,
        "window_start": scope.window.start,
        "window_end": scope.window.end,
        "lookback_start": scope.window.start - LOOKBACK,
    }


def _with_onset(row: RawJson) -> Mapping[str, object]:
    """Return a row whose onset is a time: Resource Graph sends JSON."""
    onset = row.get("Onset")
    try:
        return {**row, "Onset": datetime.fromisoformat(onset)} if isinstance(onset, str) and onset else row
    except ValueError:
        return row
