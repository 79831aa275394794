"""Draw the pages behind a card's links: for a phone, without scripts, and safe to be looked at by anyone."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from types import MappingProxyType

from shared.incidents.incident import Entry, Incident, State
from shared.incidents.lifecycle.respond import ANSWERS, Person
from shared.incidents.wording import moment, number, resource_name
from shared.notices.answers.page_style import STYLE
from shared.notices.answers.request import MOST_NAME
from shared.notices.answers.signed_links import Action
from shared.notices.cards.rendering import render
from shared.redaction import UserIds, redact, visible

HOURS = (1, 4, 24)  # of a silence
_MOST_ENTRIES = 12

_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"style-src 'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'",
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
_WHAT_IT_DOES = {
    Action.ACKNOWLEDGE: "Marks the incident as yours, so that it is not passed on to the next receiver. The watch goes on.",
    Action.SILENCE: "Keeps further cards of this incident back for as long as you choose. The watch goes on, and a digest "
    "tells afterwards what was kept back.",
    Action.RESOLVE: "Ends the incident, tells the channel and writes its report. If new failures arrive within 24 hours it "
    "opens again.",
}


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """A page as it is sent."""

    status: int
    html: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Draws pages about one incident; `title` is its symptom in words."""

    incident: Incident
    title: str
    users: UserIds = field(default_factory=UserIds)
    cause: str = ""  # in words, where it is known

    def ask(
        self, action: Action, token: str, who: Person | None, *, hint: str = "", note: str = ""
    ) -> HtmlPage:
        """Draw the page that asks whether to act; `hint` says what is missing from the form."""
        name = f"<p>You are signed in as <strong>{_safe(who.name)}</strong>.</p>" if who else _NAME_FIELD
        parts = (
            self._head(action.capitalize()),
            f'<p class="note">{_safe(note)}</p>' if note else "",
            self._facts(),
            f'<form method="post" action="?token={escape(token)}">',
            f"<h2>{action.capitalize()}</h2><p>{_WHAT_IT_DOES[action]}</p>",
            f'<p class="hint" role="alert">{_safe(hint)}</p>' if hint else "",
            name,
            _buttons(action),
            "</form>",
            self._timeline(),
        )
        return _page(400 if hint else 200, f"{action.capitalize()}: {self._name()}", parts)

    def answer(self, status: int, heading: str, more: str = "") -> HtmlPage:
        """Draw the page that says what became of it, and how the incident stands."""
        parts = (
            self._head(heading),
            f'<p class="note">{_safe(redact(more))}</p>' if more else "",
            self._facts(),
            self._timeline(),
        )
        return _page(status, f"{heading} {self._name()}", parts)

    def report(self, markdown: str) -> HtmlPage:
        """Draw a report of ours."""
        body = ('<article class="report">', render(markdown), "</article>")
        return _page(200, f"Report: {self._name()}", body)

    def playbook(self, markdown: str) -> HtmlPage:
        """Draw a playbook; where the cause is known, a link on top leads to what mends it."""
        html = render(markdown)
        place = f"mitigation-{self.incident.cause}"
        has_mitigation = self.incident.cause and f'id="{escape(place)}"' in html
        cause = self._safe(self.cause or self.incident.cause or "")
        hint = f'<p class="note">Cause: <a href="#{escape(place)}">{cause}</a></p>' if has_mitigation else ""
        body = (hint, '<article class="playbook">', html, "</article>")
        return _page(200, f"Playbook: {self.title}", body)

    def _name(self) -> str:
        return f"Sev {self.incident.severity}: {self.title}"

    def _head(self, heading: str) -> str:
        incident = self.incident
        state = "ok" if incident.state is State.RESOLVED else "open"
        return (
            f"<h1>{_safe(redact(heading))}</h1>"
            f'<p class="what"><span class="badge sev{incident.severity}">Sev {incident.severity}</span> '
            f'<span class="badge {state}">{_safe(incident.state)}</span> {_safe(self.title)}</p>'
        )

    def _facts(self) -> str:
        incident = self.incident
        facts = [("Resource", resource_name(incident.resource)), ("Since", moment(incident.onset))]
        if incident.closed_at is not None:
            facts.append(("Ended", moment(incident.closed_at)))
        else:
            facts.append(("Last bad", moment(incident.last_bad)))
        if incident.total > 0:
            share = f" of {number(incident.total)} ({incident.bad / incident.total:.1%})"
            facts.append(("Bad events", number(incident.bad) + share))
        none = "not found" if incident.closed_at else "not yet known"
        facts.append(("Cause", self.cause or incident.cause or none))
        rows = "".join(f"<dt>{_safe(name)}</dt><dd>{self._safe(value)}</dd>" for name, value in facts)
        signals = "".join(
            f"<li><strong>{self._safe(name)}</strong>: {self._safe(text)}</li>"
            for name, text in list(incident.signals.items())[:_MOST_ENTRIES]
        )
        return f"<dl>{rows}</dl>" + (f"<h2>What is wrong</h2><ul>{signals}</ul>" if signals else "")

    def _timeline(self) -> str:
        entries = self.incident.timeline[-_MOST_ENTRIES:]
        rows = "".join(self._entry(entry) for entry in reversed(entries))
        return f"<h2>What happened, newest first</h2><ul>{rows}</ul>" if rows else ""

    def _entry(self, entry: Entry) -> str:
        # Colleagues who answered are named; users of the watched resource are not.
        safe_text = _safe(redact(entry.text)) if entry.what in ANSWERS else self._safe(entry.text)
        text = f": {safe_text}" if safe_text else ""
        return f"<li><time>{moment(entry.at)}</time> <strong>{self._safe(entry.what)}</strong>{text}</li>"

    def _safe(self, text: str) -> str:
        return _safe(self.users.hide_in(redact(text)))


def plain_page(status: int, heading: str, more: str, headers: Mapping[str, str] | None = None) -> HtmlPage:
    """Draw a page about no incident."""
    parts = (f"<h1>{_safe(heading)}</h1>", f"<p>{_safe(more)}</p>")
    return _page(status, heading, parts, headers or {})


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
        404, "There is no such incident.", "The link is good, but its incident is not kept any more."
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


_NAME_FIELD = (
    '<p><label for="name">Your name, so that others know who is on it</label>'
    f'<input id="name" name="name" autocomplete="name" required maxlength="{MOST_NAME}"></p>'
)


def _buttons(action: Action) -> str:
    if action is Action.SILENCE:
        return "".join(
            f'<button name="hours" value="{hours}">Silence for {hours} h</button>' for hours in HOURS
        )
    return f"<button>{'Resolve by hand' if action is Action.RESOLVE else action.capitalize()}</button>"


def _page(
    status: int, title: str, parts: tuple[str, ...], headers: Mapping[str, str] | None = None
) -> HtmlPage:
    html = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">'
        f"<title>{_safe(redact(title))}</title><style>{STYLE}</style></head>"
        f'<body><main><p class="product">Linekeeper</p>{"".join(parts)}</main></body></html>\n'
    )
    return HtmlPage(status, html, {**HEADERS, **(headers or {})})


def _safe(text: str) -> str:
    return escape(visible(text))
