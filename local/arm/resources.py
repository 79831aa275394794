"""Read and write resources, refusing what Azure Resource Manager refuses."""

import json
import secrets
from collections.abc import Callable, Mapping
from copy import deepcopy
from urllib.parse import urlencode

from local.arm.answer import ArmAnswer, RefusedRequest, no_permission, not_found, refused
from local.arm.kinds import ROLE_ASSIGNMENTS, ROLE_DEFINITIONS, WEB_PUBSUB, Place, place_of
from local.arm.operations import Operations
from local.arm.roles import assignments_at, built_in
from local.arm.store import ArmStore, Json

_PAGE = 2  # members of a collection on one page: small, so that callers have to follow the link
_VERBS = {"GET": "read", "PUT": "write", "PATCH": "write", "DELETE": "delete"}
_UNITS = {*range(1, 11), *range(20, 101, 10)}  # of Standard_S1 and Premium_P1
_ALERT_STATES = ("New", "Acknowledged", "Closed")
_HEALTHY = {
    "availabilityState": "Available",
    "title": "Available",
    "summary": "There aren't any known Azure platform problems affecting this resource.",
    "reasonType": "",
    "occuredTime": "2026-01-01T00:00:00Z",
    "reasonChronicity": "Persistent",
    "reportedTime": "2026-01-01T00:00:00Z",
}


class ResourceService:
    """Everything below `/subscriptions`."""

    def __init__(self, store: ArmStore, operations: Operations, base: str) -> None:
        self._store = store
        self._operations = operations
        self._base = base
        self._keys: dict[str, dict[str, str]] = {}

    def answer(
        self, method: str, path: str, version: str, query: Mapping[str, str], body: bytes
    ) -> ArmAnswer:
        """Answer one request.

        Raises:
            RefusedRequest: it is refused.
        """
        place = place_of(path, method)
        if place is None:
            raise RefusedRequest(
                refused(400, "InvalidResourceType", f"The resource type of {path} is not known.")
            )
        self._check(place, method, version)
        if method == "POST":
            return self._act(place, version, query, body)
        if place.is_collection:
            return self._list(place, version, query)
        if method == "GET":
            return ArmAnswer(200, self._document(place))
        if method == "DELETE":
            return self._delete(place, version)
        return self._write(place, method, version, body)

    def _check(self, place: Place, method: str, version: str) -> None:
        if version not in place.kind.versions:
            listed = ", ".join(place.kind.versions)
            message = (
                f"No registered resource provider found for API version '{version}' for type '{place.kind.name}'. "
                f"The supported api-versions are '{listed}'."
            )
            raise RefusedRequest(refused(400, "NoRegisteredProviderFound", message))
        subscription = place.path.split("/")[2] if place.path.lower().startswith("/subscriptions/") else ""
        if not self._store.has_subscription(subscription):
            raise RefusedRequest(
                refused(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")
            )
        verb = f"{place.action}/action" if method == "POST" else _VERBS[method]
        action = f"{place.kind.name}/{verb}"
        if self._store.is_forbidden(action, place.path):
            raise RefusedRequest(no_permission(action, place.path))
        allowed = method in place.kind.methods if method != "POST" else place.action in place.kind.actions
        if not allowed or (place.is_collection and method != "GET"):
            message = f"The resource type {place.kind.name} does not support {method} here."
            raise RefusedRequest(refused(405, "MethodNotAllowed", message))

    def _document(self, place: Place) -> Json:
        document = self._store.get(place.path) or self._alert(place)
        if document is None and place.kind.name.endswith("availabilityStatuses"):
            document = self._health(place)
        if document is None and place.kind is ROLE_DEFINITIONS:
            document = built_in(self._store, place.path)
        if document is None:
            raise RefusedRequest(not_found(place.path))
        if self._operations.is_running_on(place.key):
            document.setdefault("properties", {})["provisioningState"] = "Updating"
        return document

    def _alert(self, place: Place) -> Json | None:
        """Return an alert that stands in Resource Graph only."""
        rows = self._store.rows.get("alertsmanagementresources", ())
        return next((deepcopy(row) for row in rows if str(row.get("id", "")).lower() == place.key), None)

    def _health(self, place: Place) -> Json | None:
        """Return the health of a resource that a case says nothing about; Azure has none for Communication Services."""
        if self._store.get(place.owner) is None or WEB_PUBSUB.name.lower() not in place.owner.lower():
            return None
        kind = "Microsoft.ResourceHealth/AvailabilityStatuses"
        return {"id": place.path, "name": "current", "type": kind, "properties": dict(_HEALTHY)}

    def _list(self, place: Place, version: str, query: Mapping[str, str]) -> ArmAnswer:
        members = self._members(place, query)
        first = int(query.get("$skipToken", "0"))
        answer: Json = {"value": members[first : first + _PAGE]}
        if first + _PAGE < len(members):
            kept = {name: query[name] for name in ("$filter",) if name in query}
            asked = urlencode({"api-version": version, **kept, "$skipToken": first + _PAGE})
            answer["nextLink"] = f"{self._base}{place.path}?{asked}"
        return ArmAnswer(200, answer)

    def _members(self, place: Place, query: Mapping[str, str]) -> list[Json]:
        """Return the members of a collection; one of a subscription or a group holds those of all groups in it."""
        scope = place.key.rpartition("/providers/")[0]
        if place.kind is ROLE_ASSIGNMENTS:
            return assignments_at(self._store, scope, query.get("$filter", ""))
        if not place.owner:
            return (
                self._store.of_type(scope, place.kind.name)
                if place.kind.is_tracked
                else self._store.members(place.path)
            )
        if self._store.get(place.owner) is None:
            raise RefusedRequest(not_found(place.owner))
        return self._store.members(place.path)

    def _act(self, place: Place, version: str, query: Mapping[str, str], body: bytes) -> ArmAnswer:
        if place.kind.name.startswith("Microsoft.AlertsManagement"):
            return self._change_state(place, query, body)
        document = self._document(place)
        if place.action == "list":
            return ArmAnswer(200, document)
        if place.action == "listKeys":
            return ArmAnswer(200, self._keys_of(place, document))
        if place.action == "regenerateKey":
            kind = str(_object(body).get("keyType", "")).lower()
            if kind not in {"primary", "secondary"}:
                raise RefusedRequest(refused(400, "InvalidKeyType", "keyType must be Primary or Secondary."))
            self._keys_of(place, document)
            self._keys[place.key][kind] = secrets.token_urlsafe(32)
            return self._begin(place, version, 202, lambda: ArmAnswer(200, self._keys_of(place, document)))
        return self._begin(place, version, 202, lambda: ArmAnswer(204))

    def _change_state(self, place: Place, query: Mapping[str, str], body: bytes) -> ArmAnswer:
        """Change the state of a fired alert, of the resource and of its row in Resource Graph."""
        state = query.get("newState", "")
        if state not in _ALERT_STATES:
            message = f"The alert state '{state}' is not one of {', '.join(_ALERT_STATES)}."
            raise RefusedRequest(refused(400, "BadRequest", message))
        if not isinstance(_object(body).get("comments", ""), str):
            raise RefusedRequest(refused(400, "BadRequest", "The comments of a change are a text."))
        document = self._document(place)
        for alert in (document, *self._store.rows.get("alertsmanagementresources", ())):
            if str(alert.get("id", "")).lower() == place.key:
                alert["properties"]["essentials"]["alertState"] = state
        self._store.put(document)
        return ArmAnswer(200, document)

    def _keys_of(self, place: Place, document: Json) -> Json:
        held = self._keys.setdefault(
            place.key, {kind: secrets.token_urlsafe(32) for kind in ("primary", "secondary")}
        )
        host = document["properties"].get("hostName", "unknown")
        strings = {
            f"{kind}ConnectionString": f"Endpoint=https://{host};AccessKey={key};Version=1.0;"
            for kind, key in held.items()
        }
        return {"primaryKey": held["primary"], "secondaryKey": held["secondary"], **strings}

    def _write(self, place: Place, method: str, version: str, body: bytes) -> ArmAnswer:
        self._check_quiet(place)
        asked, former = _object(body), self._store.get(place.path)
        if method == "PATCH" and former is None:
            raise RefusedRequest(not_found(place.path))
        written = _merged(former or {}, asked) if method == "PATCH" else _replaced(former, asked)
        _check_document(place, written, former)
        document = {
            **written,
            "id": place.path,
            "name": place.path.rpartition("/")[2],
            "type": place.kind.name,
        }
        if place.owner and self._store.get(place.owner) is None:
            raise RefusedRequest(not_found(place.owner))
        document.setdefault("properties", {})["provisioningState"] = "Succeeded"
        self._store.put(document)
        if place.kind.at_once:
            return ArmAnswer(200, document)
        status = 202 if method == "PATCH" else (201 if former is None else 200)
        return self._begin(place, version, status, lambda: ArmAnswer(200, self._store.get(place.path)))

    def _delete(self, place: Place, version: str) -> ArmAnswer:
        self._check_quiet(place)
        if not self._store.remove(place.path):
            return ArmAnswer(204)
        if place.kind.at_once:
            return ArmAnswer(200)
        return self._begin(place, version, 202, lambda: ArmAnswer(204))

    def _check_quiet(self, place: Place) -> None:
        if self._operations.is_running_on(place.key):
            message = "The resource is being updated by another operation. Please try again later."
            raise RefusedRequest(refused(409, "Conflict", message))

    def _begin(self, place: Place, version: str, status: int, finish: Callable[[], ArmAnswer]) -> ArmAnswer:
        subscription = "/".join(place.path.split("/")[:3])
        base = f"{self._base}{subscription}/providers/Microsoft.SignalRService/locations/westeurope"
        headers = self._operations.begin(place.key, base, version, finish)
        return ArmAnswer(status, None if status == 202 else self._document(place), headers)


def _object(body: bytes) -> Json:
    try:
        value = json.loads(body or b"{}")
    except ValueError as error:
        text = "The request content was invalid and could not be deserialized."
        raise RefusedRequest(refused(400, "InvalidRequestContent", text)) from error
    if not isinstance(value, dict):
        raise RefusedRequest(refused(400, "InvalidRequestContent", "The request content must be an object."))
    return value


def _replaced(former: Json | None, asked: Json) -> Json:
    """Return what a PUT makes: what it leaves out is gone, except what only the service writes."""
    before = (former or {}).get("properties", {})
    own = {name: before[name] for name in ("hostName", "externalIP", "version") if name in before}
    return {**asked, "properties": {**own, **asked.get("properties", {})}}


def _merged(former: Json, asked: Json) -> Json:
    """Return what a PATCH makes: each property that is named is replaced whole."""
    properties = {**former.get("properties", {}), **asked.get("properties", {})}
    return {**former, **asked, "properties": properties}


def _check_document(place: Place, written: Json, former: Json | None) -> None:
    if place.kind.is_tracked and not written.get("location"):
        raise RefusedRequest(refused(400, "LocationRequired", "The location property is required."))
    if former and place.kind.is_tracked and written["location"] != former.get("location"):
        message = f"The resource already exists in location '{former.get('location')}'."
        raise RefusedRequest(refused(409, "InvalidResourceLocation", message))
    capacity = written.get("sku", {}).get("capacity")
    if place.kind is WEB_PUBSUB and capacity is not None and capacity not in _UNITS:
        raise RefusedRequest(refused(400, "InvalidSkuCapacity", f"The unit count {capacity} is not allowed."))
