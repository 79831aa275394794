"""What is not an alert is told to people: once for each kind and hour, whose it is, and what to switch."""

import json
from datetime import timedelta
from typing import Any

import pytest

from shared.alerts.handle import handle
from shared.alerts.message import read_message
from shared.alerts.receive import MOST_BYTES
from tests.alerts.post import Post
from tests.alerts.sample import body, fired
from tests.alerts.test_receive import FakeInbox, answered
from tests.incidents.fake_rooms import NOON, House

# The older kinds, as Microsoft publishes them: with the common alert schema switched off, and tests of long ago.
OLD_METRIC = {
    "schemaId": "AzureMonitorMetricAlert",
    "data": {"version": "2.0", "status": "Activated", "context": {"name": "lobby-closes", "severity": "2"}},
}
OLD_LOG = {
    "schemaId": "Microsoft.Insights/LogAlert",
    "data": {"AlertRuleName": "lobby-refused", "Severity": "1"},
}
OLDER_LOG = {
    "SubscriptionId": "5f",
    "AlertRuleName": "lobby-refused",
    "SearchQuery": "x",
    "SearchResults": {"tables": []},
}
OLD_ACTIVITY = {
    "schemaId": "Microsoft.Insights/activityLogs",
    "data": {"status": "Activated", "context": {"activityLog": {"operationName": "Delete"}}},
}
CLASSIC = {
    "status": "Activated",
    "context": {"name": "lobby-cpu", "condition": {"metricName": "Percentage CPU"}},
}
BUDGET = {"schemaId": "AIP Budget Notification", "data": {"BudgetName": "rooms-2026", "Budget": "100"}}
TEST_OF_OLD = {"WebhookName": "Test webhook", "context": {"id": "x"}}


def without(**essentials: Any) -> bytes:
    payload = fired("metric-static")
    payload["data"]["essentials"] |= essentials
    return body(payload)


def told(*given: bytes, minutes: float = 0) -> list[tuple[str, str]]:
    """Return what people are told of bodies that came so many minutes after each other."""
    inbox, post = FakeInbox(), Post(House())
    for number, content in enumerate(given):
        now = NOON + number * timedelta(minutes=minutes)
        answered(content, inbox, at=now)
        while inbox.rung:
            handle(post.intake, inbox, read_message(inbox.rung.pop(0)), now)
    return list(post.announcer.told.values())


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        pytest.param(OLD_METRIC, "lobby-closes", id="a metric alert"),
        pytest.param(OLD_LOG, "lobby-refused", id="a log search alert"),
        pytest.param(OLDER_LOG, "lobby-refused", id="a log search alert of the first version"),
        pytest.param(OLD_ACTIVITY, "", id="an activity log alert, which names no rule"),
        pytest.param(CLASSIC, "lobby-cpu", id="a classic alert"),
        pytest.param(BUDGET, "rooms-2026", id="a budget"),
        pytest.param(TEST_OF_OLD, "Test webhook", id="a test of an older kind"),
        pytest.param({}, "", id="nothing"),
        pytest.param([], "", id="no object"),
    ],
)
def test_an_alert_of_an_older_schema_says_whose_it_is_and_what_to_switch(given: object, rule: str) -> None:
    ((title, text),) = told(body(given))

    assert rule in title
    assert (" of the rule " in title) == bool(rule)
    assert "Enable the common alert schema" in text
    assert "to Yes" in text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        pytest.param(b"Sev0: the lobby is down", "is not JSON", id="a text"),
        pytest.param("Störung".encode("latin-1"), "is not UTF-8", id="another encoding"),
        pytest.param(b"[" * 100_000, "nested too deeply", id="brackets"),
        pytest.param(b" " * (MOST_BYTES + 1), "expected at most 262144", id="what is too large"),
        pytest.param(b"", "without Content-Length", id="an empty body"),
        pytest.param(without(firedDateTime="soon"), "firedDateTime", id="no time"),
        pytest.param(without(monitorCondition="Activated"), "monitorCondition", id="another condition"),
        pytest.param(without(alertId="", originAlertId=None), "alertId", id="no id"),
    ],
)
def test_whatever_else_is_refused_is_told_with_its_reason(given: bytes, words: str) -> None:
    ((_, text),) = told(given)

    assert words in text


def test_a_refused_alert_names_its_rule() -> None:
    ((title, _),) = told(without(monitorCondition="Activated"))

    assert "of the rule lobby-handshakes" in title


def test_a_kind_is_told_once_an_hour_and_another_kind_beside_it() -> None:
    within = told(*[body(OLD_METRIC)] * 5, b"no JSON", body(OLD_LOG), minutes=6)

    assert 2 == len(within)
    assert 3 == len(told(*[body(OLD_METRIC)] * 3, minutes=60))


def test_two_processes_tell_it_once() -> None:
    inbox, post = FakeInbox(), Post(House())
    for other in (FakeInbox(), inbox):
        answered(body(OLD_METRIC), other)
        for message in other.rung * 2:
            handle(post.intake, inbox, read_message(message), NOON)

    assert 1 == len(post.announcer.told)


def test_no_secret_of_a_stranger_is_told() -> None:
    secret = {"data": {"context": {"name": "AccountKey=" + "q7" * 43 + "=="}}}
    ((title, text),) = told(body(secret))

    assert "q7q7" not in json.dumps([title, text])
