"""No word of those who write checks stands on a card or a page; the report and the playbook may use them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest

from shared.board.page import BoardPage
from shared.configuration.severity import default_severity
from shared.incidents.incident import Call, Ending, Incident, Milestone
from shared.incidents.lifecycle import states
from shared.notices.answers.pages import Drawing
from shared.notices.answers.signed_links import READ_ONLY, Action
from shared.notices.cards.elements import Card
from shared.notices.cards.group_card import Member, Words, draw_digest, draw_group
from shared.notices.cards.links import Links
from shared.notices.cards.milestone_card import draw_milestone
from shared.notices.cards.people.short_card import draw_short
from shared.notices.routing.group import REGION, Group, GroupScope
from shared.notices.routing.shared_card import HeldMilestone, SharedCard, SharedCardKind
from shared.playbooks.loading.load import load_library
from shared.redaction import UserIds
from shared.signals.catalogue import SIGNALS
from tests.board.boards import Desk
from tests.notices.answers.stories import at, night, story
from tests.notices.broken_lobby import broken_lobby
from tests.notices.cards.judged import texts
from tests.notices.diagnoses import START, expired_tokens
from tests.notices.milestones import PLAYBOOK, ended, explained, opened

INVENTED = re.compile(
    r"\b(?:buckets?|objectives?|onsets?|verdicts?|strengths?|hypothes[ie]s|(?:standard )?deviations?)\b",
    re.IGNORECASE,
)
USERS = UserIds("salt")
SAMPLES = [
    opened(),
    explained(),
    broken_lobby(),
    night(),
    states.contradicted(night(), "the canary", "its signals hold: 6 times 5 minutes", at(56)),
    replace(opened(), unanswered=Call(START, ("on-call",))),
    *(ended(ending) for ending in Ending),
]


def cards(incident: Incident) -> Iterator[Card]:
    """Draw every card that an incident may have, with its diagnosis and without."""
    for milestone in Milestone:
        for diagnosis in (None, expired_tokens()):
            yield draw_milestone(
                incident,
                milestone,
                playbook=PLAYBOOK,
                diagnosis=diagnosis,
                users=USERS,
                rules=default_severity(),
            )
        yield draw_short(incident, milestone, "78 % refused now", Links())
    words = Words({PLAYBOOK.id: PLAYBOOK}, USERS)
    yield draw_group(
        Group("storm", GroupScope(REGION, "westeurope"), START, ("1",)), [Member(incident)], words
    )
    shared = SharedCard(SharedCardKind.DIGEST, "n", "on-call", "quiet", START, START + timedelta(hours=4))
    held = [HeldMilestone(incident.id, 1, str(milestone), START) for milestone in Milestone]
    yield draw_digest(shared, [Member(incident, held)], words)


def pages(incident: Incident) -> Iterator[str]:
    """Draw every page of an incident but its playbook, the report left out."""
    yield replace(story(incident), report="").page().html
    drawing = Drawing(incident, PLAYBOOK.title, USERS, "expired tokens")
    for action in Action:
        if action not in READ_ONLY and action is not Action.MAINTENANCE:
            yield drawing.ask(action, "1.aa", None).html
    yield drawing.answer(200, "Acknowledged").html
    yield BoardPage(Desk(incidents=[incident]).board(), load_library(), USERS).page().html


@pytest.mark.parametrize("incident", SAMPLES, ids=lambda one: str(one.ending or one.state))
def test_every_card_and_page_of_an_incident_speaks_as_its_readers_do(incident: Incident) -> None:
    said = [text for card in cards(incident) for text in [*texts(card), card["fallbackText"]]]
    said += [read(html) for html in pages(incident)]

    assert [] == [
        text[max(0, found.start() - 60) : found.end() + 30]
        for text in said
        for found in INVENTED.finditer(text)
    ]


def test_titles_headlines_and_steps_of_every_playbook_do_too() -> None:
    said = [text for page in load_library().values() for text in (page.title, str(page.headline))]
    said += [
        text
        for page in load_library().values()
        for one in page.hypotheses
        for text in (one.title, *one.steps)
    ]
    said += [signal.title for signal in SIGNALS]

    assert [] == [text for text in said if INVENTED.search(text)]


def read(html: str) -> str:
    """Return what stands on a page, its attributes for readers of screens among it."""
    html = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    labels = " ".join(re.findall(r'aria-label="(.*?)"', html))
    return unescape(f"{labels} {' '.join(re.sub(r'<[^>]+>', ' ', html).split())}")
