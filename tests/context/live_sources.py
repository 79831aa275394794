"""Sources of context in memory: documents by id, and what each refuses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from shared.context.ports import (
    Absence,
    Availability,
    ContextSources,
    HealthState,
    RawJson,
    SourceUnavailableError,
)


@dataclass
class MemoryArm:
    """Implements the reader, the graph, the health and DNS; `refuses` is by the end of what is asked."""

    documents: Mapping[str, RawJson] = field(default_factory=dict)
    rows: Sequence[RawJson] = ()
    refuses: dict[str, SourceUnavailableError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def get(self, resource: str, api_version: str, within: timedelta) -> RawJson:
        self._note(resource, api_version)
        if resource not in self.documents:
            raise SourceUnavailableError("lobby: 404: it is not there", absence=Absence.NOT_FOUND)
        return self.documents[resource]

    def children(
        self, collection: str, api_version: str, within: timedelta, *, only: str = ""
    ) -> tuple[RawJson, ...]:
        self._note(collection, api_version)
        return tuple(
            document for name, document in self.documents.items() if name.startswith(f"{collection}/")
        )

    def query(self, kql: str, subscriptions: Sequence[str], within: timedelta) -> tuple[RawJson, ...]:
        self._note(kql, ",".join(subscriptions))
        return tuple(self.rows)

    def current(self, resource: str, within: timedelta) -> Availability:
        self._note(resource, "health")
        return Availability(resource, HealthState.AVAILABLE)

    def addresses(self, host: str, within: timedelta) -> tuple[str, ...]:
        self._note(host, "dns")
        return ("10.4.0.7",)

    def sources(self) -> ContextSources:
        return ContextSources(self, self, self, self)

    def _note(self, what: str, how: str) -> None:
        self.asked.append(f"{what} {how}")
        for end, error in self.refuses.items():
            if f"{what} {how}".endswith(end) or what.endswith(end):
                raise error


def forbidden(what: str = "WebPubSub/lobby") -> SourceUnavailableError:
    return SourceUnavailableError(
        f"{what}: 403: the app lacks the action read", "Reader", absence=Absence.FORBIDDEN
    )
