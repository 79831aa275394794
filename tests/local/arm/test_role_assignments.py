"""Which role assignments the stand-in lists at a scope, as Azure does."""

import pytest

from local.arm import ArmStore
from local.arm.answer import RefusedRequest
from local.arm.roles import assignments_at, built_in

SUBSCRIPTION = "/subscriptions/8f1e2d3c-0001-4000-8000-00000000a001"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rt"
ALICE, TEAM = "aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002"
_ROLES = "/providers/Microsoft.Authorization"


def store_with(*given: tuple[str, str, str]) -> ArmStore:
    """Return a store with assignments: name, scope, principal."""
    return ArmStore(
        {"id": f"{scope}{_ROLES}/roleAssignments/{name}", "name": name, "properties": {"principalId": principal}}
        for name, scope, principal in given
    )  # fmt: skip


STORE = store_with(
    ("everywhere", "/providers/Microsoft.Management/managementGroups/root", ALICE),
    ("above", SUBSCRIPTION, ALICE),
    ("here", GROUP, TEAM),
    ("below", f"{GROUP}/providers/Microsoft.Web/sites/func", ALICE),
    ("beside", f"{SUBSCRIPTION}/resourceGroups/rt-other", ALICE),
)


def names(condition: str, scope: str = GROUP) -> set[str]:
    return {each["name"] for each in assignments_at(STORE, scope.lower(), condition)}


def test_lists_what_is_given_at_above_and_below_a_scope() -> None:
    assert {"everywhere", "above", "here", "below"} == names("")
    assert {"everywhere", "above", "here"} == names("atScope()")


def test_assigned_to_holds_the_groups_of_a_principal_and_a_principal_alone_does_not() -> None:
    STORE.groups[ALICE] = (TEAM,)

    assert {"everywhere", "above", "here", "below"} == names(f"assignedTo('{ALICE}')")
    assert {"everywhere", "above", "below"} == names(f"principalId eq '{ALICE}'")


@pytest.mark.parametrize("condition", ["principalId ne 'x'", "assignedTo(alice)", "atScope() and true"])
def test_another_filter_is_refused(condition: str) -> None:
    with pytest.raises(RefusedRequest):
        names(condition)


def test_a_role_of_azure_is_there_in_every_subscription_and_one_of_a_group_is_not() -> None:
    store = ArmStore(
        {"id": f"{SUBSCRIPTION}{_ROLES}/roleDefinitions/{name}", "name": name, "properties": {"assignableScopes": [scope]}}
        for name, scope in (("reader", "/"), ("own", GROUP))
    )  # fmt: skip
    elsewhere = "/subscriptions/8f1e2d3c-0001-4000-8000-00000000b002"

    assert built_in(store, f"{elsewhere}{_ROLES}/roleDefinitions/reader") is not None
    assert built_in(store, f"{elsewhere}{_ROLES}/roleDefinitions/own") is None
