"""Say of what is not an alert of the common schema which kind it is, whose it is, and what to switch."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.alerts.fields import mapping, text
from shared.alerts.inbox import Announcer
from shared.alerts.parse import SCHEMA

_MOST_DEPTH = 4
_MOST_FIELDS = 200
# What the older kinds of alerts call their rule, in lower case: metric, log search, smart detection, budget, classic.
_RULE_FIELDS = (
    "alertrule",
    "alertrulename",
    "rulename",
    "smartdetectorname",
    "budgetname",
    "name",
    "webhookname",
)


class RefusalKind(StrEnum):
    """Why something was not taken as an alert."""

    OTHER_SCHEMA = "other schema"
    UNREADABLE = "unreadable"
    INCOMPLETE = "incomplete"
    TOO_LARGE = "too large"
    EMPTY = "empty"


_ADVICE: Mapping[RefusalKind, str] = {
    RefusalKind.OTHER_SCHEMA: "In the action group, open the webhook (or function) action and set *Enable the common alert "
    "schema* to Yes; then press its test. Until then nothing that it sends is taken.",
    RefusalKind.UNREADABLE: "Whoever calls this address must send JSON of the common alert schema in UTF-8. Where it is an "
    "action group, set *Enable the common alert schema* of its action to Yes.",
    RefusalKind.INCOMPLETE: "Something between Azure Monitor and here rewrites the alert, or it does not come from there. Let "
    "the action group call this address directly.",
    RefusalKind.TOO_LARGE: "Azure sends at most 256 KB. Let the rule's query return fewer columns and rows.",
    RefusalKind.EMPTY: "The Functions host drops the body of a request without Content-Length. The sender is asked to try "
    "again; where it always does this, let the action group call this address directly.",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that was refused; `rule` is empty where its name cannot be read."""

    kind: RefusalKind
    reason: str
    rule: str = ""


def refusal_of(body: bytes, reason: str, kind: RefusalKind | None = None) -> Refusal:
    """Return what is known of a body that is not an alert; every body gives one."""
    content = _content(body)
    rule = next(_rule_names(content), "")
    if kind is None:
        kind = _kind(content)
    return Refusal(kind, text(reason, 500), rule)


def announce_refusal(announcer: Announcer, refusal: Refusal, now: datetime) -> None:
    """Tell people of a refusal, once for each kind and hour; safe to repeat."""
    of = f" of the rule {refusal.rule}" if refusal.rule else ""
    verb = "could not be taken yet" if refusal.kind is RefusalKind.EMPTY else "was refused"
    title = f"What came as an alert{of} {verb}"
    kept = (
        ""
        if refusal.kind is RefusalKind.EMPTY
        else " It is kept in the container documents, below refused-alerts/."
    )
    parts = (
        f"{refusal.reason[0].upper()}{refusal.reason[1:].rstrip('.')}." if refusal.reason else "",
        _ADVICE[refusal.kind],
        f"Further ones of this kind are not told before the next hour.{kept}",
    )
    key = f"refused {refusal.kind} {now:%Y-%m-%d %H}"
    announcer.announce(key, title, "\n\n".join(part for part in parts if part), now)


def _kind(content: object) -> RefusalKind:
    if content is None:
        return RefusalKind.UNREADABLE
    if text(mapping(content).get("schemaId")).lower() == SCHEMA.lower():
        return RefusalKind.INCOMPLETE
    return RefusalKind.OTHER_SCHEMA


def _content(body: bytes) -> object:
    try:
        content: object = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return content


def _rule_names(content: object) -> Iterator[str]:
    """Return what may be the name of a rule, the likeliest first."""
    fields = list(_fields(content, _MOST_DEPTH))[:_MOST_FIELDS]
    for wanted in _RULE_FIELDS:
        for name, value in fields:
            if name.lower() == wanted and (found := text(value, 120).strip()):
                yield found


def _fields(content: object, depth: int) -> Iterator[tuple[str, object]]:
    """Return the fields of an object and of those within it, the outer ones first."""
    listed = list(mapping(content).items())[:_MOST_FIELDS]
    yield from listed
    if depth > 1:
        for _, value in listed:
            yield from _fields(value, depth - 1)
