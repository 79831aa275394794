"""People who see a card and press one of its links, again and again until they are answered."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.app.pages import answering
from shared.app.runtime import Runtime
from shared.notices.answers.pages import HOURS, HtmlPage
from tests.simulation.chance import Chance
from tests.simulation.mischief import BYSTANDER

_NAMES = ("Ada", "Grace", "Edsger")
_TOKEN = re.compile(r"token=(1\.[0-9a-f]+\.(?:acknowledge|silence|resolve)\.[0-9a-z._-]+\.[A-Za-z0-9_-]{43})")
_SHARE = 0.5  # of the cards with links are answered, where people press them at all
_TWICE = 0.3
_MOST_TRIES = 6
# What a page says once what was asked is done.
_DONE = {"acknowledge": "Acknowledged.", "silence": "Silenced.", "resolve": "Resolved by hand."}
_HEADERS = {"content-type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Visit:
    """One press of a link, and when."""

    name: str
    at: datetime
    token: str
    who: str
    hours: int
    tries: int = 1

    @property
    def action(self) -> str:
        """What the link is good for."""
        return self.token.split(".")[2]

    @property
    def occurrence(self) -> tuple[str, int]:
        """Return the incident of the link, and how often it had been reopened."""
        parts = self.token.split(".")
        return ".".join(parts[6:-1]), int(parts[3])

    def is_done(self, page: HtmlPage) -> bool:
        """Tell whether a page says that this press did what was asked."""
        return page.status == 200 and _DONE[self.action] in page.html

    def press(self, runtime: Runtime) -> HtmlPage:
        """Send the form of the page behind the link."""
        body = f"name={self.who}&hours={self.hours}".encode()
        return answering.respond_once("POST", self.token, body, _HEADERS, runtime)

    def again(self, now: datetime) -> Iterator["Visit"]:
        """Yield the next try, unless the person has had enough."""
        if self.tries < _MOST_TRIES:
            yield replace(self, at=now + timedelta(seconds=30), tries=self.tries + 1)


def visits_after(chance: Chance, number: int, text: str, now: datetime) -> Iterator[Visit]:
    """Draw who presses which link of the card of this number, and when."""
    tokens = [] if BYSTANDER in text else _TOKEN.findall(text)
    name = f"story: card {number}"
    if not tokens or not chance.has(name, _SHARE):
        return
    for press in range(2 if chance.number(f"{name} twice") < _TWICE else 1):
        key = f"{name} press {press}"
        yield Visit(
            f"press {press} of card {number}",
            now + timedelta(seconds=int(chance.between(f"{key} at", 2, 400))),
            chance.one_of(f"{key} link", tokens),
            chance.one_of(f"{key} by", _NAMES),
            chance.one_of(f"{key} hours", HOURS),
        )
