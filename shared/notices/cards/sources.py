"""Draw the card of a milestone from what is stored and configured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.configuration.severity import SeverityRules
from shared.incidents.incident import Incident, Milestone
from shared.incidents.store import Documents, stored_diagnosis
from shared.notices.cards.elements import Card
from shared.notices.cards.links import Links
from shared.notices.cards.milestone_card import draw_milestone
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
