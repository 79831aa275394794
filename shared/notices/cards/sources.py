"""Draw the card of a milestone from what is stored and configured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.configuration.severity import SeverityRules
from shared.incidents.incident import Incident, Milestone
from shared.incidents.store import Documents, stored_diagnosis
from shared.notices.cards.elements import Card
from shared.notices.cards.links import Links
from shared.notices.cards.milestone_card import draw_milestone
from shared.notices.cards.people.short_card import draw_short, is_short
from shared.playbooks.playbook import Playbook
from shared.redaction import UserIds


@dataclass(frozen=True, slots=True)
class CardSources:
    """What cards are drawn from: diagnoses, playbooks, links, and how users and severities are shown."""

    documents: Documents
    playbooks: Mapping[str, Playbook]
    links: Callable[[Incident], Links] | None = None
    users: UserIds | None = None
    severity: SeverityRules | None = None
    # What is usual for each broken signal of an incident, in one sentence.
    normals: Callable[[Incident], Mapping[str, str]] | None = None

    def draw(self, incident: Incident, milestone: Milestone) -> Card:
        """Draw the card of a milestone of an incident."""
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
            normals=self.normals(incident) if self.normals and incident.is_open else None,
        )

    def _state(self, incident: Incident) -> str:
        """Say how an incident stands, in a few words: its symptom, its share, and whether its cause is known."""
        playbook = self.playbooks.get(incident.symptom)
        share = f", {incident.bad / incident.total:.0%} bad" if incident.total > 0 else ""
        cause = "cause known" if incident.cause else "cause not known"
        return f"{playbook.title if playbook else incident.symptom}{share} · {cause}"
