"""What an identity may do at a place: its role assignments there, and what their roles allow."""

import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from local.doctor.azure import WITHIN
from local.doctor.needs import Need
from shared.context.ports import RawJson, ResourceReader

_ASSIGNMENTS = "/providers/Microsoft.Authorization/roleAssignments"
_VERSION = "2022-04-01"


@dataclass
class Grants:
    """The grants of one principal, each place and each role asked once."""

    resources: ResourceReader
    principal: str
    _at: dict[str, tuple[RawJson, ...]] = field(default_factory=dict)
    _roles: dict[str, RawJson] = field(default_factory=dict)

    def lacking(self, need: Need, scope: str) -> list[str]:
        """Return the operations of a need that nothing allows at a scope.

        Raises:
            SourceUnavailableError: who may do what could not be read.
        """
        permissions = list(self._permissions(scope))
        return [
            *(each for each in need.actions if not _is_allowed(each, permissions, "actions", "notActions")),
            *(
                each
                for each in need.data_actions
                if not _is_allowed(each, permissions, "dataActions", "notDataActions")
            ),
        ]

    def conditional(self, scope: str) -> int:
        """Return how many assignments have a condition; they count as allowing nothing, for nobody evaluates it here."""
        return sum(bool((each.get("properties") or {}).get("condition")) for each in self._assignments(scope))

    def _permissions(self, scope: str) -> Iterator[Mapping[str, Iterable[str]]]:
        for assignment in self._assignments(scope):
            properties = assignment.get("properties") or {}
            if not properties.get("condition"):
                yield from (self._role(str(properties.get("roleDefinitionId"))).get("properties") or {}).get(
                    "permissions", ()
                )

    def _assignments(self, scope: str) -> tuple[RawJson, ...]:
        if scope not in self._at:
            # With those of the groups that the principal is in.
            listed = self.resources.children(
                f"{scope}{_ASSIGNMENTS}", _VERSION, WITHIN, only=f"assignedTo('{self.principal}')"
            )
            self._at[scope] = tuple(each for each in listed if _covers(_scope_of(each), scope.lower()))
        return self._at[scope]

    def _role(self, definition: str) -> RawJson:
        if definition not in self._roles:
            self._roles[definition] = self.resources.get(definition, _VERSION, WITHIN)
        return self._roles[definition]


def _scope_of(assignment: RawJson) -> str:
    stated = (assignment.get("properties") or {}).get("scope")
    return str(stated or str(assignment.get("id")).lower().rpartition(_ASSIGNMENTS.lower())[0]).lower()


def _covers(given: str, asked: str) -> bool:
    """Tell whether what is given at one scope holds at another: Azure lists what is given below it, too."""
    is_above_subscriptions = given in ("", "/") or given.startswith("/providers/microsoft.management/")
    return is_above_subscriptions or asked == given or asked.startswith(f"{given}/")


def _is_allowed(
    operation: str, permissions: Iterable[Mapping[str, Iterable[str]]], yes: str, no: str
) -> bool:
    """Tell whether one role allows an operation: what it leaves out, another may allow."""
    return any(
        _matches(operation, permission.get(yes) or ()) and not _matches(operation, permission.get(no) or ())
        for permission in permissions
    )


def _matches(operation: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(operation.lower(), pattern.lower()) for pattern in patterns)
