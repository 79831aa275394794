"""Everything that a card about a fault is drawn from, and what follows from it."""

from dataclasses import dataclass, field
from datetime import datetime

from shared.configuration.severity import SeverityRules
from shared.incidents.incident import Incident, Milestone, State
from shared.incidents.recent.last_hour import LastHour
from shared.incidents.recent.words import headline_of
from shared.incidents.wording import FindingGroups, seen
from shared.notices.cards.links import Links
from shared.notices.cards.telling.times import Times
from shared.playbooks.diagnosis import Diagnosis, Evidence, Number
from shared.playbooks.playbook import Hypothesis, Playbook
from shared.redaction import UserIds


@dataclass(frozen=True, slots=True)
class Counted:
    """One population: bad ones, all of them (0 where unknown), and the worst 5 minutes as a share, 0 to 1."""

    bad: float
    total: float
    peak: float

    @property
    def share(self) -> float | None:
        """Return the share of bad ones, 0 to 1; None where all of them are not known."""
        return self.bad / self.total if self.total > 0 else None


@dataclass(frozen=True, slots=True)
class CardStory:
    """One fault at one moment. A diagnosis is redacted; without an incident, nobody has opened one for it.

    `groups` sorts the findings of the diagnosis; there are none without one.
    """

    resource: str
    playbook: Playbook
    times: Times
    groups: FindingGroups = field(default_factory=lambda: FindingGroups(None, (), (), (), (), ()))
    severity: int | None = None
    incident: Incident | None = None
    milestone: Milestone | None = None
    diagnosis: Diagnosis | None = None
    last_hour: LastHour | None = None
    links: Links = field(default_factory=Links)
    users: UserIds = field(default_factory=UserIds)
    rules: SeverityRules | None = None
    next_look: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Tell whether the card ends the incident."""
        return self.milestone is Milestone.RESOLVED

    @property
    def is_past(self) -> bool:
        """Tell whether the fault is spoken of as past: it is over, or nothing bad is seen any more."""
        is_held = self.incident is not None and self.incident.state is State.VALIDATING
        return self.is_over or is_held or (self.last_hour is not None and self.last_hour.now == 0)

    @property
    def counted(self) -> Counted | None:
        """Return the one population that the card speaks of; None where nothing was counted."""
        if self.last_hour is not None and self.last_hour.total > 0:
            return Counted(self.last_hour.bad, self.last_hour.total, self.last_hour.peak)
        if self.incident is not None and self.incident.bad > 0:
            return Counted(self.incident.bad, self.incident.total, self.incident.peak_ratio)
        return None if self.diagnosis is None else _counted(self.diagnosis.symptom)

    @property
    def headline(self) -> str:
        """Say what users notice, with the share of now while it lasts, else with that of the whole time."""
        if self.incident is None and self.diagnosis is not None and seen(self.diagnosis.symptom.verdict):
            return f"{seen(self.diagnosis.symptom.verdict)}{self.playbook.headline.now}"
        now = self.last_hour.now if self.last_hour and not self.is_past else None
        share = now or (self.counted.share if self.counted else None)
        ours = self.last_hour is not None and self.last_hour.is_of_our_own_tries
        return headline_of(self.playbook.headline, share, past=self.is_past, our_tries=ours)

    @property
    def cause(self) -> str | None:
        """Return the id of the cause; None while it is not known."""
        if self.incident is not None:
            return self.incident.cause
        return self.diagnosis.cause if self.diagnosis is not None else None

    @property
    def hypothesis(self) -> Hypothesis | None:
        """Return the cause as its page has it; None where it is not known, or not on the page."""
        return self.playbook.find(self.cause)

    @property
    def cause_evidence(self) -> Evidence | None:
        """Return the evidence of the cause; None where no diagnosis at hand found it."""
        found = self.groups.cause
        return found.evidence if found is not None and found.hypothesis == self.cause else None

    def title_of(self, cause: str) -> str:
        """Return what a cause is called, by whoever knows it."""
        found = self.groups.cause
        if found is not None and found.hypothesis == cause:
            return found.title
        known = self.playbook.find(cause)
        return known.title if known else cause


def number_of(value: Number) -> float | None:
    """Return a number of a check that counts something; None for any other value."""
    is_count = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_count and isinstance(value, int | float) and 0 <= value < 10**15 else None


def _counted(symptom: Evidence) -> Counted | None:
    bad, total, peak = (number_of(symptom.numbers.get(name)) for name in ("Bad", "Total", "Peak"))
    return Counted(bad, total or 0, min(peak or 0, 1)) if bad and bad <= (total or bad) else None
