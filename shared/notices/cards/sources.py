"""Draw the card of a milestone from what is stored and configured."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from shared.configuration.severity import SeverityRules
from shared.incidents.incident import Incident, Milestone, State
from shared.incidents.recent.last_hour import LastHour
from shared.incidents.recent.words import percent
from shared.incidents.store import Documents, stored_diagnosis
from shared.notices.cards.elements import Card
from shared.notices.cards.links import Links
from shared.notices.cards.milestone_card import draw_milestone
from shared.notices.cards.people.short_card import draw_short, is_short
from shared.playbooks.playbook import Headline, Playbook, without_page
from shared.redaction import UserIds


@dataclass(frozen=True, slots=True)
class CardSources:
    """What cards are drawn from: diagnoses, playbooks, links, the last hour, and how users and severities are shown."""

    documents: Documents
    playbooks: Mapping[str, Playbook]
    links: Callable[[Incident], Links] | None = None
    users: UserIds | None = None
    severity: SeverityRules | None = None
    last_hour: Callable[[Incident], LastHour | None] | None = None
    local_times: Collection[str] = ()  # names of the receivers for which Teams writes the times

    def draw(self, incident: Incident, milestone: Milestone, receiver: str = "") -> Card:
        """Draw the card of a milestone of an incident for a receiver."""
        if is_short(incident, milestone):
            links = self.links(incident) if self.links else Links()
            return draw_short(incident, milestone, self._state(incident), links)
        return draw_milestone(
            incident,
            milestone,
            playbook=self.playbooks.get(incident.symptom),
            diagnosis=stored_diagnosis(self.documents, incident),
            links=self.links(incident) if self.links else None,
            users=self.users,
            rules=self.severity,
            last_hour=self.last_hour(incident) if self.last_hour and incident.is_open else None,
            is_local=receiver in self.local_times,
        )

    def _state(self, incident: Incident) -> str:
        """Say how an incident stands, in a few words: what users notice, of how many now, and whether its cause is known."""
        words = self.playbooks.get(incident.symptom, without_page(incident.symptom)).headline
        noticed = words.now if incident.is_open else words.past
        share = self._share(incident, words)
        is_trying = incident.state is State.VALIDATING
        cause = "recovering" if is_trying else "cause known" if incident.cause else "cause not known"
        return f"{noticed}{f', {share}' if share else ''} · {cause}"

    def _share(self, incident: Incident, words: Headline) -> str:
        """Say the share of the last 5 minutes and where it goes; where nothing is counted, that of the whole time."""
        hour = self.last_hour(incident) if self.last_hour and incident.is_open else None
        if hour is None:
            return "" if incident.share is None else f"{percent(incident.share)} {words.bad}"
        if hour.now is None:
            return f"no {words.events} in the last 5 minutes"
        bad = "of our own tries failing" if hour.is_of_our_own_tries else words.bad
        return f"{percent(hour.now)} {bad} now · {hour.direction.sign} {hour.direction}"
