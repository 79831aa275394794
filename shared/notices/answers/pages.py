"""Draw the pages behind a card's links: for a phone, without scripts, and safe to be looked at by anyone."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from types import MappingProxyType

from shared.incidents.incident import Entry, EntryKind, Incident, State
from shared.incidents.lifecycle.respond import ANSWERS, Person
from shared.incidents.lifecycle.standing import standing_line
from shared.incidents.wording import moment, number, resource_name
from shared.notices.answers.fill import TEMPLATES, article, fill
from shared.notices.answers.request import MOST_NAME
from shared.notices.answers.signed_links import Action
from shared.notices.answers.steps import StepText
from shared.redaction import UserIds, redact
from shared.signals.catalogue import SIGNALS

HOURS = (1, 4, 24)  # of a silence
_MOST_ENTRIES = 12
_TITLES = {signal.id: signal.title for signal in SIGNALS}
_LABELS = {
    Action.ACKNOWLEDGE: "Acknowledge",
    Action.TAKE_OVER: "Take over",
    Action.GIVE_BACK: "Give back",
    Action.END_SILENCE: "End the silence",
    Action.REOPEN: "Open again",
}

_STYLE = (TEMPLATES / "style.css").read_text(encoding="utf-8")
_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Content-Security-Policy": _POLICY,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow",
    }
)


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """A page as it is sent."""

    status: int
    html: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Offer:
    """Another action that a page offers, and the token of its link."""

    action: Action
    token: str

    @property
    def label(self) -> str:
        """Return what its button says."""
        return _LABELS[self.action]


@dataclass(frozen=True, slots=True)
class Offers:
    """What a page offers beside what it says: actions, and who would take them, as far as that is known."""

    offers: Sequence[Offer] = ()
    person: Person | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Draws pages about one incident; `title` is its symptom in words."""

    incident: Incident
    title: str
    users: UserIds = field(default_factory=UserIds)
    cause: str = ""  # in words, where it is known

    def ask(
        self,
        action: Action,
        token: str,
        who: Person | None,
        *,
        hint: str = "",
        note: str = "",
        name: str = "",
    ) -> HtmlPage:
        """Draw the page that asks whether to act; `hint` says what is missing from the form, `name` is a remembered one."""
        heading = _LABELS.get(action, action.capitalize())
        form = {"token": token, "hint": hint, "lengths": HOURS, **_whom(who, name)}
        title = f"{heading}: {self._name()}"
        return html_page(400 if hint else 200, f"{action}.html", title, self._standing(heading, note) | form)

    def answer(self, status: int, heading: str, more: str = "", offers: Offers | None = None) -> HtmlPage:
        """Draw the page that says what became of it, how the incident stands, and what else one may do."""
        standing = self._standing(redact(heading), redact(more))
        title = f"{heading} {self._name()}"
        if offers is None or not offers.offers:
            return html_page(status, "incident.html", title, standing)
        form = {"offers": offers.offers, **_whom(offers.person, offers.name)}
        return html_page(status, "answered.html", title, standing | form)

    def playbook(self, markdown: str, steps: Sequence[str] = ()) -> HtmlPage:
        """Draw a playbook; where the cause is known, the steps that mend it come first, each of them Markdown."""
        html = article(markdown)
        place = f"mitigation-{self.incident.cause}"
        has_mitigation = self.incident.cause and f'id="{escape(place)}"' in html
        values = {
            "mitigation": place if has_mitigation else "",
            "cause": self._hidden(self.cause or self.incident.cause or ""),
            "steps": [StepText.of(step, self.incident.resource) for step in steps],
            "article": html,
        }
        return html_page(200, "playbook.html", f"Playbook: {self.title}", values)

    def _name(self) -> str:
        return f"Sev {self.incident.severity}: {self.title}"

    def _standing(self, heading: str, note: str) -> dict[str, object]:
        """Return what every page about the incident shows."""
        incident = self.incident
        signals = list(incident.signals.items())[:_MOST_ENTRIES]
        return {
            "heading": heading,
            "note": note,
            "severity": incident.severity,
            "state": in_reading(incident.state),
            "is_resolved": incident.state is State.RESOLVED,
            "symptom": self.title,
            "has_it": redact(standing_line(incident)) if incident.is_open else "",
            "facts": [(name, self._hidden(value)) for name, value in self._facts()],
            "signals": [
                (self._hidden(_TITLES.get(name, name)), self._hidden(text)) for name, text in signals
            ],
            "entries": [self._entry(entry) for entry in reversed(incident.timeline[-_MOST_ENTRIES:])],
        }

    def _facts(self) -> list[tuple[str, str]]:
        incident = self.incident
        facts = [("Resource", resource_name(incident.resource)), ("Since", moment(incident.onset))]
        if incident.closed_at is not None:
            facts.append(("Ended", moment(incident.closed_at)))
        else:
            facts.append(("Last bad", moment(incident.last_bad)))
        if incident.share is not None:
            share = f" of {number(incident.total)} ({incident.share:.1%})"
            facts.append(("Bad events", number(incident.bad) + share))
        none = "not found" if incident.closed_at else "not yet known"
        return [*facts, ("Cause", self.cause or incident.cause or none)]

    def _entry(self, entry: Entry) -> tuple[str, str, str]:
        return moment(entry.at), self._hidden(in_reading(entry.what)), entry_text(entry, self.users)

    def _hidden(self, text: str) -> str:
        return self.users.hide_in(redact(text))


def in_reading(state: str) -> str:
    """Return a state, or what else a line of a timeline begins with, as its readers say it."""
    return "recovering" if state == State.VALIDATING else state


def entry_text(entry: Entry, users: UserIds) -> str:
    """Return the text of a line of a timeline: colleagues who answered are named, users of the watched resource are not."""
    is_of_colleague = entry.kind is EntryKind.PERSON or entry.what in ANSWERS
    return redact(entry.text) if is_of_colleague else users.hide_in(redact(entry.text))


def plain_page(status: int, heading: str, more: str, headers: Mapping[str, str] | None = None) -> HtmlPage:
    """Draw a page about no incident."""
    return html_page(status, "plain.html", heading, {"heading": heading, "more": more}, headers)


def maintenance_page(
    facts: Sequence[tuple[str, str]], token: str, who: Person | None, hint: str = "", name: str = ""
) -> HtmlPage:
    """Draw the page that asks whether to silence a planned maintenance; `hint` says what is missing from the form."""
    title = "Silence a planned maintenance"
    shown = [(name, redact(value)) for name, value in facts]
    form = {"facts": shown, "token": token, "hint": hint, **_whom(who, name)}
    return html_page(400 if hint else 200, "maintenance.html", title, form)


def refused_page() -> HtmlPage:
    """Draw the page for a link that we do not take; it does not say why."""
    return plain_page(
        403,
        "This link cannot be used.",
        "It is too old, or it did not arrive whole. Open the newest card of the incident in Teams and use its link; "
        "nothing was changed.",
    )


def unknown_page() -> HtmlPage:
    """Draw the page for an incident that is no longer kept."""
    return plain_page(
        404,
        "There is no such incident.",
        "The link is good, but its incident is not kept any more, or it could not be read and was set aside.",
    )


def busy_page() -> HtmlPage:
    """Draw the page for a time at which nothing can be read or written."""
    return plain_page(
        503,
        "Not now, please try again.",
        "Linekeeper cannot reach its storage, so it cannot tell whether anything was changed. Reload this page in half "
        "a minute; doing the same twice does no harm.",
        {"Retry-After": "30"},
    )


def unusable_page() -> HtmlPage:
    """Draw the page for an incident of which something stored has not the form that this version of ours expects."""
    return plain_page(
        503,
        "This cannot be answered.",
        "Something that is stored about this incident cannot be used, perhaps because another version of Linekeeper wrote "
        "it, so it cannot be said whether anything was changed. The log of the app names it.",
        {"Retry-After": "600"},
    )


def _whom(person: Person | None, name: str) -> dict[str, object]:
    """Return what a form needs to ask who answers; `name` is what this device remembers."""
    return {"person": person, "name": name, "longest_name": MOST_NAME}


def html_page(
    status: int,
    template: str,
    title: str,
    values: Mapping[str, object],
    headers: Mapping[str, str] | None = None,
) -> HtmlPage:
    """Fill a template as a page with its headers; its values are redacted by who gives them."""
    html = fill(template, {"title": redact(title), **values})
    return HtmlPage(status, html, {**HEADERS, **(headers or {})})
