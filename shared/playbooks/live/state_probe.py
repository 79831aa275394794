"""The probe of the live configuration: whether a state holds now, and whether it did when the failures began."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.context.configuration import WITHIN, ConfigurationReader
from shared.context.live import Document, Documents, Gap
from shared.context.ports import Absence, ContextSources
from shared.context.states import ClientState, changed_at, clients_denied, connect_handled, local_auth
from shared.playbooks.diagnosis import Evidence, Verdict
from shared.playbooks.live.witness import OPEN, is_silent, witnessed
from shared.queries.run import Run

LOCAL_AUTH_OFF, LOCAL_AUTH_ON = "local-auth-off", "local-auth-on"
CLIENTS_DENIED, CONNECT_HANDLED = "clients-denied", "connect-handled"
STATES = (LOCAL_AUTH_OFF, LOCAL_AUTH_ON, CLIENTS_DENIED, CONNECT_HANDLED)
# What a state that holds can lift to `supported`. That keys are switched on explains nothing; that they are switched off
# explains refusals only where a write was seen or no log tells, for other tokens may fail beside them.
_LIFTS: Mapping[str, frozenset[Verdict]] = {
    LOCAL_AUTH_OFF: OPEN,
    CLIENTS_DENIED: OPEN,
    CONNECT_HANDLED: OPEN | {Verdict.REFUTED, Verdict.MINOR},
}

NEEDS = "the live configuration of the resource and its hubs (Azure Resource Manager)"
_SLACK = timedelta(minutes=5)  # a bucket: moments within one cannot be put in order


@dataclass(slots=True)
class LiveState:
    """The live configuration of the resource of one run; each part is read once, and only where it is needed."""

    run: Run
    sources: ContextSources | None
    _parts: dict[str, Document | Documents] = field(default_factory=dict)

    def evidence(self, name: str, onset: datetime | None = None) -> Evidence:
        """Return whether a state holds; one that was changed after `onset` does not tell what it was then."""
        body = self._read("body")
        if isinstance(body, Gap):
            return not_read(body)
        assert isinstance(body, Mapping)
        changed = changed_at(body)
        if onset is not None and (changed is None or changed - onset > _SLACK):
            since = (
                f"was changed at {changed:%H:%M} UTC, after the failures began"
                if changed
                else "does not say when it was changed"
            )
            text = f"the resource {since}, so its live configuration does not tell what it was then"
            return Evidence(Verdict.NO_DATA, 0.0, f"Not examined: {text}.")
        state = self._state(name, body)
        if isinstance(state, Gap):
            return not_read(state)
        if state.holds is None:
            return Evidence(Verdict.NO_DATA, 0.0, state.sentence)
        verdict = Verdict.SUPPORTED if state.holds else Verdict.REFUTED
        return Evidence(
            verdict, 1.0 if state.holds else 0.0, state.sentence, changed if state.holds else None
        )

    def witnessed(self, evidence: Evidence, name: str, onset: datetime | None) -> Evidence:
        """Return the evidence of a check beside a state; it is read only where answers without a reason leave something open."""
        if self.sources is None or not is_silent(evidence):
            return evidence
        return witnessed(evidence, self.evidence(name, onset), _LIFTS.get(name, frozenset()))

    def _state(self, name: str, body: Mapping[str, object]) -> ClientState | Gap:
        if name in {LOCAL_AUTH_OFF, LOCAL_AUTH_ON}:
            state = local_auth(body)
            return state if name == LOCAL_AUTH_OFF else ClientState(not state.holds, state.sentence)
        network = clients_denied(body)
        if name == CLIENTS_DENIED or network.holds:
            return network if name == CLIENTS_DENIED else ClientState(holds=False, sentence=network.sentence)
        hubs = self._read("hubs")
        if isinstance(hubs, Gap):
            return hubs
        assert not isinstance(hubs, Mapping)
        handled = connect_handled(hubs)
        # Where a network rule may refuse clients as well, a handler is not the only one that can.
        holds = network.holds if handled.holds and network.holds is None else handled.holds
        return ClientState(holds, f"{network.sentence} {handled.sentence}")

    def _read(self, part: str) -> Document | Documents:
        if part not in self._parts:
            self._parts[part] = self._ask(part)
        return self._parts[part]

    def _ask(self, part: str) -> Document | Documents:
        if self.sources is None:
            return Gap(Absence.NOT_CONNECTED, f"it needs {NEEDS}, which is not connected")
        within = min(WITHIN, self.run.remaining())
        reader = ConfigurationReader(self.sources.resources, self.run.scope.resources[0], within)
        parts: Mapping[str, Callable[[], Document | Documents]] = {"body": reader.body, "hubs": reader.hubs}
        return parts[part]()


def not_read(gap: Gap) -> Evidence:
    """Return the evidence where a part could not be read: what is missing, and the role that would mend it."""
    lacking = (f"the role {gap.role} on the resource",) if gap.role else ()
    return Evidence(Verdict.NO_DATA, 0.0, f"Not examined: {gap.sentence}.", lacking=lacking)
