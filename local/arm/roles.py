"""Role assignments and definitions, as Azure lists them for a scope.

https://learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest
"""

import re

from local.arm.answer import RefusedRequest, refused
from local.arm.store import ArmStore, Json

_ASSIGNMENTS, _DEFINITIONS = (
    "/providers/microsoft.authorization/roleassignments/",
    "/providers/microsoft.authorization/roledefinitions/",
)
_FILTERS = re.compile(
    r"(?P<here>atScope\(\))|assignedTo\('(?P<holder>[0-9a-f-]+)'\)|principalId eq '(?P<principal>[0-9a-f-]+)'",
    re.IGNORECASE,
)


def assignments_at(store: ArmStore, scope: str, condition: str) -> list[Json]:
    """Return the assignments at, above and below a scope; of `assignedTo` those of the principal's groups too.

    Which groups a principal is in stands in `store.groups`.

    Raises:
        RefusedRequest: Azure knows no such filter.
    """
    match = _FILTERS.fullmatch(condition) if condition else None
    if condition and match is None:
        message = f"The filter '{condition}' is not supported."
        raise RefusedRequest(refused(400, "UnsupportedQuery", message))
    listed = [each for each in store.containing(_ASSIGNMENTS) if _meets(_scope_of(each), scope, match)]
    return [each for each in listed if match is None or _is_of(each, match, store)]


def built_in(store: ArmStore, path: str) -> Json | None:
    """Return a role that is there in every subscription, by the id at the end of a path."""
    name = path.rpartition("/")[2].lower()
    definitions = store.containing(_DEFINITIONS)
    return next(
        (
            each
            for each in definitions
            if str(each["id"]).lower().endswith(f"/{name}")
            and "/" in each.get("properties", {}).get("assignableScopes", ())
        ),
        None,
    )


def _scope_of(assignment: Json) -> str:
    return str(assignment["id"]).lower().partition(_ASSIGNMENTS)[0]


def _meets(scope: str, asked: str, match: "re.Match[str] | None") -> bool:
    is_above = not scope or asked == scope or asked.startswith(f"{scope}/") or "/managementgroups/" in scope
    is_below = scope.startswith(f"{asked}/") and not (match and match["here"])
    return is_above or is_below


def _is_of(assignment: Json, match: "re.Match[str]", store: ArmStore) -> bool:
    if match["here"]:
        return True
    owner = str(assignment["properties"]["principalId"]).lower()
    if match["principal"]:
        return owner == match["principal"].lower()
    return owner in {match["holder"].lower(), *store.groups.get(match["holder"].lower(), ())}
