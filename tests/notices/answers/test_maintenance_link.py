"""The link of a planned maintenance proposes a silence: looking changes nothing, and only a person's word makes it."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from shared.configuration.match import Match
from shared.context.declared import Declarations, LineUses
from shared.context.event import DeclaredKind, Impact, ServiceHealthEvent
from shared.context.service_health import Use
from shared.incidents.lifecycle.respond import Person
from shared.notices.answers.maintenance import MaintenanceVisit
from shared.notices.answers.pages import HtmlPage
from shared.notices.answers.request import LinkRequest
from shared.notices.answers.signed_links import SignedLinks, verify
from tests.context.declared_rows import LOBBY, WEB_PUBSUB, FakeDeclaredEvents
from tests.notices.fake_keys import NOW, RING, Hand
from tests.notices.fake_router import FakeSilences

START, END = NOW + timedelta(hours=20), NOW + timedelta(hours=22)
EVENT = ServiceHealthEvent(
    "7PMW-1X4",
    DeclaredKind.PLANNED,
    "<b>Planned</b> maintenance",
    (Impact("Azure Web PubSub", "West Europe"),),
    START,
    END,
)
FORM = {"content-type": "application/x-www-form-urlencoded"}


def visited(
    silences: FakeSilences,
    event: ServiceHealthEvent | None = EVENT,
    *,
    person: Person | None = None,
    **form: str,
) -> HtmlPage:
    method = "POST" if form or person else "GET"
    request = LinkRequest(method, "token", urlencode(form).encode(), FORM)
    events = FakeDeclaredEvents(*([event] if event else []))
    uses = {LOBBY: LineUses((Use(WEB_PUBSUB, "westeurope"),))}
    visit = MaintenanceVisit(Declarations(events, lambda: uses), lambda: silences, request, "7pmw-1x4")
    return visit.answer(person, "https://watch.example/api", NOW)


@pytest.mark.parametrize(("tracking_id", "name"), [("7PMW-1X4", "7pmw-1x4"), ("1K80-N_8", "1k80-n_8")])
def test_the_link_is_good_for_the_maintenance_until_it_is_over(tracking_id: str, name: str) -> None:
    address = SignedLinks("https://watch.example/api", RING, Hand()).maintenance(tracking_id)
    link = verify(address.partition("token=")[2], RING, END)

    assert link is not None
    assert ("maintenance", name) == (link.action, link.incident)


def test_looking_silences_nothing_and_says_what_would_be() -> None:
    silences = FakeSilences()
    page = visited(silences)

    assert (200, []) == (page.status, silences.kept)
    assert "lobby" in page.html
    assert "&lt;b&gt;Planned&lt;/b&gt;" in page.html


@pytest.mark.parametrize("given", [{"name": "ada"}, {"person": Person("ada@contoso.example", verified=True)}])
def test_a_persons_word_silences_the_resources_for_that_time_and_twice_is_once(given: dict[str, str]) -> None:
    silences = FakeSilences()
    pages = [visited(silences, **given) for _ in range(2)]  # type: ignore[arg-type]
    (silence,) = silences.kept

    assert [200, 200] == [page.status for page in pages]
    assert (START, END, Match(resource=(LOBBY,)), None) == (
        silence.start,
        silence.end,
        silence.match,
        silence.incident,
    )
    assert silence.by.startswith("ada")


def test_without_a_name_nothing_is_silenced() -> None:
    silences = FakeSilences()

    assert (400, []) == (visited(silences, name=" ").status, silences.kept)


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (None, 404),
        (replace(EVENT, kind=DeclaredKind.ISSUE), 404),
        (replace(EVENT, end=None), 404),
        (replace(EVENT, end=START + timedelta(hours=25)), 404),
        (replace(EVENT, is_active=False), 409),
        (replace(EVENT, end=NOW), 409),
        (replace(EVENT, impacts=(Impact("Azure Web PubSub", "East US"),)), 409),
    ],
)
def test_what_is_over_or_elsewhere_cannot_be_silenced(event: ServiceHealthEvent | None, status: int) -> None:
    silences = FakeSilences()

    assert (status, []) == (visited(silences, event, name="ada").status, silences.kept)
