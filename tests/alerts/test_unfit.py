"""Alerts that fit no incident: one card for a rule and ten minutes, a card for each test, and an end that came alone."""

from datetime import datetime, timedelta

import pytest

from shared.alerts.alert import Alert
from shared.alerts.handle import handle
from shared.alerts.intake import ON_ITS_WAY, IntakeOutcome
from shared.alerts.message import AlertMessage
from shared.alerts.parse import alert_of
from tests.alerts.post import Post, moved, over, refused, told
from tests.alerts.sample import NAMES, body, fired, resolved, sample
from tests.alerts.test_receive import FakeInbox, answered
from tests.incidents.fake_rooms import NOON, House, at

SUBSCRIPTION = "/subscriptions/11111111-1111-1111-1111-111111111111"
GUID = "12345678-1234-1234-1234-1234567890ab"


def unfit(minute: float = 5, n: int = 0, rule: str = "disk-full", name: str = "budget") -> Alert:
    return moved(
        fired(name), minute, n, alertRule=rule, alertId=f"/x/{rule}/{n}", alertTargetIDs=["/subscriptions/5f"]
    )


def test_a_thousand_alerts_of_one_rule_are_one_card() -> None:
    post = Post(House())
    for n in range(1_000):
        assert IntakeOutcome.ANNOUNCED is post.take(unfit(n=n), 6)

    ((_, text),) = post.announcer.told.values()
    assert "Further alerts of this rule that fire until 12:10 UTC are shown by this card alone" in text


def test_another_rule_and_the_next_ten_minutes_have_cards_of_their_own() -> None:
    post = Post(House())
    for n, (minute, rule) in enumerate([(1, "a"), (9, "a"), (9, "b"), (10, "a"), (19, "A"), (20, "b")]):
        post.take(unfit(minute, n, rule), 21)

    assert ["a", "b", "a", "b"] == [title.rpartition(" ")[2] for title, _ in post.announcer.told.values()]


def test_another_attempt_at_the_same_alert_is_the_same_card_ten_minutes_later_too() -> None:
    post = Post(House())
    for minute in (6, 14, 40):
        post.take(unfit(5), minute)

    assert 1 == len(post.announcer.told)


def test_events_of_service_health_are_told_each() -> None:
    post = Post(House())
    for tracking in ("4K2Z-9X0", "VNT1-5ZG"):
        payload = fired("service-health")
        payload["data"]["alertContext"]["properties"]["trackingId"] = tracking
        post.take(alert_of(body(payload)), 6)

    assert 2 == len(post.announcer.told)


def test_the_ends_of_one_rule_are_one_card_too() -> None:
    post = Post(House())
    for n in range(20):
        post.take(unfit(n=n), 6)
    for n in range(20):
        post.take(
            moved(resolved("budget"), 5, n, alertRule="disk-full", alertTargetIDs=["/subscriptions/5f"]), 7
        )

    assert ["Alert: disk-full", "Alert resolved: disk-full"] == [
        title for title, _ in post.announcer.told.values()
    ]


@pytest.mark.parametrize("alert", [over(5), moved(resolved("budget"), 5)], ids=["fits", "fits none"])
def test_an_end_whose_beginning_never_came_is_told(alert: Alert) -> None:
    post = Post(House())
    for minute in (6, 6, 60):
        post.take(alert, minute)

    ((title, text),) = post.announcer.told.values()
    assert title.startswith("Alert resolved: ")
    assert "That it fired never reached Linekeeper" in text
    assert [ON_ITS_WAY] == list(post.announcer.later.values())
    assert {} == post.house.incidents.kept


def test_a_thousand_ends_that_came_alone_are_a_few_cards() -> None:
    post = Post(House())
    for n in range(1_000):
        post.take(over(5, n), 6)

    assert 8 == len(post.announcer.told)


@pytest.mark.parametrize("name", ["metric-static", "budget"])
def test_an_end_that_overtook_its_beginning_is_not_told(name: str) -> None:
    post = Post(House())
    post.take(moved(resolved(name), 5), 6)
    post.take(moved(fired(name), 5), 6.5)

    assert 1 == len(post.announcer.withdrawn)
    assert not any("alone" in key for key in post.announcer.told)


def test_an_end_is_taken_in_though_its_beginning_came_while_it_was_noted() -> None:
    post = Post(House())
    alerts, fire = post.intake.casework.alerts, refused(5)
    note = alerts.resolved

    def resolved_late(place: str, occurrence: str, when: datetime) -> None:
        alerts.resolved = note  # type: ignore[method-assign]  # once
        post.take(fire, 6)
        note(place, occurrence, when)

    alerts.resolved = resolved_late  # type: ignore[method-assign]
    post.take(over(5), 6)

    assert {} == post.announcer.told
    assert ["detected", "opened by alert", "told: opened", "alert resolved"] == told(post.house.only())


def press(content: bytes, post: Post, inbox: FakeInbox, minute: float) -> int:
    now = at(minute)
    answer = answered(content, inbox, at=now)
    for key in dict.fromkeys(inbox.asked):
        handle(post.intake, inbox, AlertMessage(key, inbox.kept[key]), now)
    return answer.status


def test_of_action_group(name: str) -> bytes:
    payload = sample(name)
    payload["data"]["essentials"] |= {
        "alertId": f"{SUBSCRIPTION}/providers/Microsoft.AlertsManagement/alerts/{GUID}",
        "alertTargetIDs": [f"{SUBSCRIPTION}/resourcegroups/test-RG/providers/x/y/test"],
        "monitorCondition": "Fired",
    }
    return body(payload)


test_of_action_group.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("minutes", [(1, 1, 1), (0, 40, 3_000)], ids=["at once", "later"])
def test_each_press_of_the_test_button_is_a_card(name: str, minutes: tuple[int, ...]) -> None:
    post, inbox = Post(House()), FakeInbox()
    statuses = [press(test_of_action_group(name), post, inbox, minute) for minute in minutes]

    assert [202] * 3 == statuses
    assert 3 == len(post.announcer.told)
    assert all("This is the test of an action group" in text for _, text in post.announcer.told.values())


def test_an_example_under_other_ids_is_known_by_its_age() -> None:
    post, inbox = Post(House()), FakeInbox()
    fired_at = (NOON - timedelta(days=1_000)).isoformat()
    payload = fired("budget")
    payload["data"]["essentials"]["firedDateTime"] = fired_at
    for _ in range(2):
        press(body(payload), post, inbox, 1)

    assert 2 == len(post.announcer.told)


def test_a_real_alert_that_comes_twice_is_one_card() -> None:
    post, inbox = Post(House()), FakeInbox()
    payload = fired("budget")
    payload["data"]["essentials"]["firedDateTime"] = NOON.isoformat()
    for _ in range(3):
        press(body(payload), post, inbox, 1)

    assert 1 == len(post.announcer.told)
