"""Read changes from the rows of Resource Graph and of the Activity Log; a row in another form is left out."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.context.change import Change, ChangeSource, Topic
from shared.context.history.bag import edits_of, edits_of_body, paths_of_body
from shared.context.history.topics import topics_of
from shared.context.ports import RawJson

_MOST_SET = 5  # values that a request sets; with more of them it writes the whole resource anew


@dataclass(frozen=True, slots=True)
class ReadChange:
    """A change as one source tells it, with the id that Azure gives all that one request does."""

    change: Change
    correlation: str  # empty where there is none


def changes_of_graph(rows: Iterable[RawJson]) -> tuple[ReadChange, ...]:
    """Return the changes of the table `resourcechanges`."""
    return tuple(one for row in rows if (one := _of_graph(row)) is not None)


def changes_of_log(rows: object) -> tuple[ReadChange, ...]:
    """Return the operations of a list of rows, as `recent_operations.kql` answers it."""
    return tuple(one for row in _rows(rows) if (one := _of_log(row)) is not None)


def _of_graph(row: RawJson) -> ReadChange | None:
    properties = _bag(row.get("properties"))
    attributes = _bag(properties.get("changeAttributes"))
    at = _moment(attributes.get("timestamp"))
    target = str(properties.get("targetResourceId") or "").lower()
    kind = str(properties.get("changeType") or "Update")
    edits = edits_of(properties.get("changes"))
    if at is None or not target or (not edits and kind == "Update"):
        return None  # an update of Azure's own book-keeping
    operation = str(attributes.get("operation") or "").lower()
    paths = [edit.path for edit in edits] if kind == "Update" else []
    change = Change(
        at=at,
        resource=target,
        what=operation or kind,
        sources=(ChangeSource.RESOURCE_CHANGES,),
        edits=edits if kind == "Update" else (),
        topics=topics_of(operation or _written(target), paths),
        who=_text(attributes.get("changedBy")),
    )
    return ReadChange(change, _correlation(attributes.get("correlationId")))


def _of_log(row: Mapping[str, Any]) -> ReadChange | None:
    at = _moment(row.get("ChangedAt"))
    target, operation = str(row.get("Target") or ""), str(row.get("Operation") or "")
    if at is None or not target or not operation:
        return None
    body = _body(row.get("Details"))
    is_deployment = row.get("Part") == "deployment"
    change = Change(
        at=at,
        resource=target,
        what=operation,
        sources=(ChangeSource.DEPLOYMENT if is_deployment else ChangeSource.ACTIVITY_LOG,),
        began=_moment(row.get("StartedAt")),
        edits=() if is_deployment else edits_of_body(body, _MOST_SET),
        topics=(Topic.DEPLOYMENT,) if is_deployment else topics_of(operation, paths_of_body(body)),
        who=_text(row.get("Who")),
        address=_text(row.get("Address")),
    )
    return ReadChange(change, _correlation(row.get("Run")))


def _rows(value: object) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a list, which comes as JSON text; in it a row may be one, too."""
    for row in _list(value):
        parsed = _json(row)
        if isinstance(parsed, dict):
            yield parsed


def _body(details: object) -> object:
    """Return what a request sent, where the log carries it: `Details` is the set of what its rows say."""
    for said in _list(details):
        document = _bag(_json(said))
        body = _json(document.get("requestbody"))
        if isinstance(body, dict):
            return {
                name: part for name, part in body.items() if name not in {"id", "name", "type", "location"}
            }
    return None


def _list(value: object) -> Sequence[object]:
    parsed = _json(value)
    return parsed if isinstance(parsed, list) else ()


def _json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def _bag(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _text(value: object) -> str | None:
    return str(value).strip() or None if value is not None else None


def _correlation(value: object) -> str:
    """Return the id of a request; zeros mean that there is none, and so does the half hour that the query puts in its place."""
    text = str(value or "").lower()
    return text if text.strip("0-") and ":" not in text else ""


def _written(target: str) -> str:
    """Return the operation that a write to a resource is."""
    parts = target.partition("/providers/")[2].split("/")
    return "/".join([*parts[:1], *parts[1::2], "write"])
