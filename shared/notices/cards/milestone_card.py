"""Draw a milestone of an incident as an Adaptive Card, and notices that no incident stands behind."""

from shared.configuration.severity import SeverityRules
from shared.incidents.incident import Incident, Milestone
from shared.incidents.recent.last_hour import LastHour
from shared.incidents.wording import FindingGroups
from shared.notices.cards.actions import place_buttons, silence_button
from shared.notices.cards.diagnosis_card import draw_story, findings_of
from shared.notices.cards.elements import Card, card_of, first_fitting, headline_block, safe_text, text_block
from shared.notices.cards.links import Links
from shared.notices.cards.telling.story import CardStory
from shared.notices.cards.telling.times import Times
from shared.playbooks.diagnosis import Diagnosis
from shared.playbooks.playbook import Playbook, without_page
from shared.playbooks.redact import redact_diagnosis
from shared.redaction import UserIds, redact

_PARAGRAPHS = 6  # of an announcement; more than these follow in the last
_PARAGRAPH_BYTES = 2_500


def draw_milestone(
    incident: Incident,
    milestone: Milestone,
    *,
    playbook: Playbook | None = None,
    diagnosis: Diagnosis | None = None,
    links: Links | None = None,
    users: UserIds | None = None,
    rules: SeverityRules | None = None,
    last_hour: LastHour | None = None,
    is_local: bool = False,
) -> Card:
    """Draw the card of a milestone; `diagnosis` is the last of the incident, `is_local` lets Teams write the times."""
    known = _redacted(diagnosis, incident, milestone, users)
    return draw_story(
        CardStory(
            incident.resource,
            playbook or without_page(incident.symptom),
            Times(max(incident.state_since, incident.last_bad).date(), is_local),
            findings_of(known) if known else FindingGroups(None, (), (), (), (), ()),
            severity=incident.severity,
            incident=incident,
            milestone=milestone,
            diagnosis=known,
            last_hour=last_hour,
            links=links or Links(),
            users=users or UserIds(),
            rules=rules,
            next_look=incident.next_diagnosis_at,
        )
    )


def draw_announcement(title: str, text: str, link: str | None = None, silence: str | None = None) -> Card:
    """Draw a notice which no incident stands behind, such as an alert that fits none.

    Empty lines part its paragraphs; `link` leads to what it is about, in Azure, and `silence` to where it is silenced.
    """
    # Redacted whole: a secret may go on in the next paragraph.
    whole = redact(text)
    paragraphs = [paragraph for paragraph in whole.split("\n\n", _PARAGRAPHS - 1) if paragraph.strip()]
    body = [
        headline_block(title, [], "emphasis"),
        *(text_block(safe_text(paragraph, _PARAGRAPH_BYTES)) for paragraph in paragraphs),
    ]
    buttons = [*silence_button(silence), *place_buttons({"Open in Azure": link})]
    return first_fitting([card_of(title, body, buttons)])


def _redacted(
    diagnosis: Diagnosis | None, incident: Incident, milestone: Milestone, users: UserIds | None
) -> Diagnosis | None:
    """Return the diagnosis that a card may speak of: the last one, where the incident still stands by its cause."""
    is_told = milestone not in {Milestone.REOPENED, Milestone.FLAPPING}  # they are looked at afresh
    if diagnosis is None or not is_told or diagnosis.cause != incident.cause:
        return None
    return redact_diagnosis(diagnosis, users)
