"""Alerts and announcements kept in memory, with the rules of the real ones."""

from datetime import datetime, timedelta

from shared.incidents.store import Claim, Seen


class FakeAlerts:
    """The contract of `Alerts`, in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], tuple[Seen, datetime]] = {}
        self.claims: dict[str, Claim] = {}
        self.asked = 0  # how often all of a place were looked through

    def claim(self, guid: str, claim: Claim) -> Claim:
        return self.claims.setdefault(guid, claim)

    def seen(self, place: str, occurrence: str) -> Seen:
        return self.kept.get((place, occurrence), (Seen(), None))[0]

    def fired(self, place: str, occurrence: str, at: datetime) -> None:
        self.kept[place, occurrence] = (Seen(True, self.seen(place, occurrence).resolved), at)

    def resolved(self, place: str, occurrence: str, at: datetime) -> None:
        self.kept[place, occurrence] = (Seen(self.seen(place, occurrence).fired, True), at)

    def is_firing(self, place: str, since: datetime) -> bool:
        self.asked += 1
        return any(
            occurrence.fired and not occurrence.resolved and at >= since
            for (where, _), (occurrence, at) in self.kept.items()
            if where == place
        )


class FakeAnnouncer:
    """Remembers what was announced; the same key again is the same notice."""

    def __init__(self) -> None:
        self.told: dict[str, tuple[str, str]] = {}
        self.links: list[str | None] = []
        self.later: dict[str, timedelta] = {}  # how long each waits before it is sent
        self.withdrawn: list[str] = []

    def announce(
        self,
        key: str,
        title: str,
        text: str,
        at: datetime,
        link: str | None = None,
        *,
        after: timedelta = timedelta(0),
        severity: int | None = None,
    ) -> None:
        self.told.setdefault(key, (title, text))
        self.links.append(link)
        self.later[key] = after

    def withdraw(self, key: str, reason: str, at: datetime) -> None:
        if self.told.pop(key, None) is not None:
            self.withdrawn.append(key)
