"""Where the logs leave two causes open, the live configuration decides; what texts say stands."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.context.ports import Absence, SourceUnavailableError
from shared.playbooks.diagnosis import Evidence, Verdict
from shared.playbooks.live.state_probe import LiveState
from shared.queries.run import Run
from shared.queries.scope import Scope, Window
from tests.context.live_sources import MemoryArm, forbidden

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LOBBY = "/subscriptions/8f1e/resourcegroups/rt/providers/microsoft.signalrservice/webpubsub/lobby"
SCOPE = Scope((LOBBY,), Window(NOON - timedelta(hours=1), NOON + timedelta(hours=1)))
MINUTE = timedelta(minutes=1)

SOME_ADDRESSES = {"networkACLs": {"ipRules": [{"value": "203.0.113.0/24", "action": "Allow"}]}}


class NoLogs:
    def query(self, text: str, within: timedelta) -> Any:
        raise AssertionError(text)


def live(arm: MemoryArm | None) -> LiveState:
    return LiveState(Run(NoLogs(), SCOPE), arm.sources() if arm else None)


def lobby(changed: datetime | None = NOON - MINUTE, hub: str = "connect", **properties: Any) -> MemoryArm:
    body: dict[str, Any] = {"name": "lobby", "properties": properties}
    if changed:
        body["systemData"] = {"lastModifiedAt": changed.isoformat()}
    handlers = [{"systemEvents": [hub]}]
    return MemoryArm(
        {LOBBY: body, f"{LOBBY}/hubs/chat": {"name": "chat", "properties": {"eventHandlers": handlers}}}
    )


def evidence(verdict: Verdict, silent: int = 90, hits: int = 90, bad: int = 100) -> Evidence:
    numbers = {"Bad": bad, "Hits": hits, "Silent": silent}
    return Evidence(verdict, 0.4, "The logs say this.", NOON, numbers)


@pytest.mark.parametrize(
    ("properties", "state", "before", "after"),
    [
        pytest.param({"disableLocalAuth": True}, "local-auth-off", "inconclusive", "supported", id="keys are off"),
        pytest.param({"disableLocalAuth": True}, "local-auth-on", "supported", "refuted", id="so no key was it"),
        pytest.param({"disableLocalAuth": False}, "local-auth-off", "inconclusive", "refuted", id="keys are on"),
        pytest.param({"disableLocalAuth": False}, "local-auth-on", "supported", "supported", id="so a key was it"),
        pytest.param({"disableLocalAuth": False}, "local-auth-on", "refuted", "refuted", id="or it was not"),
        pytest.param({"disableLocalAuth": False}, "local-auth-on", "inconclusive", "inconclusive", id="or who knows"),
        pytest.param({"disableLocalAuth": True}, "local-auth-off", "refuted", "refuted", id="off for long"),
        pytest.param({"publicNetworkAccess": "Disabled"}, "clients-denied", "supported", "supported", id="a rule"),
        pytest.param({}, "clients-denied", "supported", "refuted", id="no rule"),
        pytest.param(SOME_ADDRESSES, "clients-denied", "inconclusive", "inconclusive", id="a rule for some"),
        pytest.param(SOME_ADDRESSES, "clients-denied", "supported", "supported", id="a rule for some, as logs say"),
        pytest.param({}, "connect-handled", "refuted", "supported", id="so the handler was it"),
        pytest.param(SOME_ADDRESSES, "connect-handled", "refuted", "refuted", id="or a rule for some"),
        pytest.param({"publicNetworkAccess": "Disabled"}, "connect-handled", "refuted", "refuted", id="not the handler"),
    ],
)  # fmt: skip
def test_the_state_decides(properties: dict[str, Any], state: str, before: str, after: str) -> None:
    decided = live(lobby(**properties)).witnessed(evidence(Verdict(before)), state, NOON)

    assert after == decided.verdict


def test_what_is_lifted_is_as_strong_as_its_share_and_says_where_it_was_read() -> None:
    decided = live(lobby()).witnessed(evidence(Verdict.REFUTED, silent=90, hits=0), "connect-handled", NOON)

    assert (0.825633, 90) == (decided.strength, decided.numbers["Hits"])
    assert "90 of 100 failed connects were refused without a reason." in decided.summary
    assert "An event handler decides about the connects of chat." in decided.summary


def test_a_small_share_is_not_lifted() -> None:
    few = evidence(Verdict.REFUTED, silent=25, hits=0)

    assert Verdict.REFUTED == live(lobby()).witnessed(few, "connect-handled", NOON).verdict


def test_texts_stand_against_the_state() -> None:
    told = evidence(Verdict.SUPPORTED, silent=30, hits=90)

    assert Verdict.SUPPORTED == live(lobby()).witnessed(told, "clients-denied", NOON).verdict


def test_a_handler_that_is_not_asked_about_connects_refuses_nobody() -> None:
    decided = live(lobby(hub="connected")).witnessed(evidence(Verdict.REFUTED), "connect-handled", NOON)

    assert Verdict.REFUTED == decided.verdict


@pytest.mark.parametrize("changed", [NOON + 6 * MINUTE, None])
def test_a_resource_that_was_changed_since_does_not_decide(changed: datetime | None) -> None:
    arm = lobby(changed, disableLocalAuth=True)

    decided = live(arm).witnessed(evidence(Verdict.INCONCLUSIVE), "local-auth-off", NOON)

    assert Verdict.INCONCLUSIVE == decided.verdict
    assert "does not tell what it was then" in decided.summary


def test_a_missing_permission_is_said_with_the_role_and_changes_no_verdict() -> None:
    arm = lobby()
    arm.refuses[LOBBY] = forbidden()

    decided = live(arm).witnessed(evidence(Verdict.INCONCLUSIVE), "local-auth-off", NOON)

    assert (Verdict.INCONCLUSIVE, ("the role Reader on the resource",)) == (decided.verdict, decided.lacking)
    assert "the role Reader would mend it" in decided.summary


def test_hubs_that_cannot_be_read_decide_nothing() -> None:
    arm = lobby()
    arm.refuses["/hubs"] = forbidden("hubs")

    assert Verdict.REFUTED == live(arm).witnessed(evidence(Verdict.REFUTED), "connect-handled", NOON).verdict


def test_an_unreachable_azure_leaves_what_the_logs_say() -> None:
    arm = MemoryArm(refuses={"": SourceUnavailableError("it cannot be reached", absence=Absence.UNREACHABLE)})
    supported = evidence(Verdict.SUPPORTED)

    assert supported == live(arm).witnessed(supported, "local-auth-on", NOON)


def test_nothing_is_read_where_nothing_is_open() -> None:
    arm = lobby(disableLocalAuth=True)

    live(arm).witnessed(evidence(Verdict.SUPPORTED, silent=19), "local-auth-on", NOON)

    assert [] == arm.asked


def test_each_part_is_read_once() -> None:
    arm = lobby()
    state = live(arm)

    for name in ("local-auth-on", "clients-denied", "connect-handled", "connect-handled"):
        state.witnessed(evidence(Verdict.REFUTED), name, NOON)

    assert 2 == len(arm.asked)


def test_without_azure_resource_manager_nothing_changes() -> None:
    inconclusive = evidence(Verdict.INCONCLUSIVE)

    assert inconclusive == live(None).witnessed(inconclusive, "local-auth-off", NOON)
