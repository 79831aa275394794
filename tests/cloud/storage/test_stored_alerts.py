"""Alerts on Azurite: kept before queued, queued once, and known by occurrence in any order."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from shared.alerts.alert import Alert, Variant
from shared.alerts.message import MOST_BYTES, AlertMessage, read_message
from shared.alerts.refusals import Refusal
from shared.app.stores import inbox as inbox_of
from shared.cloud.storage.account import Storage
from shared.cloud.storage.alerts.alerts import StoredInbox, TableAlerts
from shared.errors import LinekeeperError
from shared.incidents.store import Seen
from shared.settings import Settings

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ALERT = Alert("5f1e", "0a1b", True, "aborts", 3, NOON, None, ("/lobby",), Variant.METRIC_STATIC)
KEY = ALERT.key
PLACE = "0123456789abcdef.web-pubsub-connection-failures"


@pytest.fixture
def inbox(storage: Storage) -> StoredInbox:
    return inbox_of(lambda: storage)


def queued(storage: Storage, queue: str = "alerts") -> list[AlertMessage | Refusal]:
    return [read_message(one.content) for one in storage.queue(queue).receive_messages()]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"lobby": "\xc3\xa9"}', id="what is not ASCII"),
        pytest.param(
            b'{ "a": "<b>&amp;\\u0000]]>",\r\n\t"n": 1.50e3 }',
            id="what XML and JSON have their own words for",
        ),
        pytest.param(
            b'{"payload": {"alert": "x"}, "x": "' + b"y" * (MOST_BYTES - 40) + b'"}', id="as much as fits"
        ),
    ],
)
def test_a_payload_travels_in_its_message(storage: Storage, inbox: StoredInbox, body: bytes) -> None:
    inbox.accept(KEY, body, urgent=False)

    ((message),) = queued(storage)
    assert isinstance(message, AlertMessage)
    assert KEY == message.key
    assert body.replace(b"\r\n", b"\n") == (message.body or b"").replace(b"\r\n", b"\n")
    assert [] == list(storage.container("documents").list_blobs("alerts/"))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"x": "' + b"y" * MOST_BYTES + b'"}', id="what is too large"),
        pytest.param('{"x": "\uffff"}'.encode(), id="what XML cannot hold"),
    ],
)
def test_what_fits_no_message_is_kept_before_it_is_asked_for(
    storage: Storage, inbox: StoredInbox, body: bytes
) -> None:
    inbox.accept(KEY, body, urgent=False)

    assert [AlertMessage(KEY)] == queued(storage)
    assert body == inbox.body(KEY)


def test_an_urgent_alert_has_a_queue_of_its_own(storage: Storage, inbox: StoredInbox) -> None:
    inbox.accept(KEY, b"{}", urgent=True)

    assert [] == queued(storage)
    assert [AlertMessage(KEY, b"{}")] == queued(storage, "urgent-alerts")


def test_the_first_payload_of_an_alert_counts(inbox: StoredInbox) -> None:
    inbox.keep(KEY, b"first")
    inbox.keep(KEY, b"again")

    assert b"first" == inbox.body(KEY)


def test_what_was_handled_is_known(inbox: StoredInbox) -> None:
    before = inbox.is_handled(KEY)
    for _ in range(2):
        inbox.note_handled(KEY)

    assert (False, True) == (before, inbox.is_handled(KEY))


def test_there_is_no_payload_of_a_key_that_never_came(inbox: StoredInbox) -> None:
    assert inbox.body(KEY) is None


def test_keeps_only_so_much_of_what_was_refused(storage: Storage, inbox: StoredInbox) -> None:
    for number in range(20):
        inbox.keep_refused(f"no alert {number}".encode(), "alert: it is not JSON")

    names = [blob.name for blob in storage.container("documents").list_blobs("refused-alerts/")]
    kept = storage.container("documents").download_blob(names[0]).readall()
    assert all(re.fullmatch(r"refused-alerts/[0-9a-f]{2}\.txt", name) for name in names)
    assert kept.startswith(b"alert: it is not JSON\n\nno alert ")


def test_a_storage_that_does_not_answer_is_an_error_that_may_pass() -> None:
    nowhere = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;" + "".join(
        f"{kind}Endpoint=http://127.0.0.1:9/a;" for kind in ("Blob", "Queue", "Table")
    )
    storage = Storage.from_settings(Settings.from_environment({"AzureWebJobsStorage": nowhere}))
    for service in (storage._services.blobs, storage._services.queues):
        service._config.retry_policy.total_retries = 0

    with pytest.raises(LinekeeperError, match="could not be kept") as failed:
        inbox_of(lambda: storage).keep(KEY, b"")
    assert not failed.value.permanent


@pytest.mark.parametrize("steps", ["fr", "rf", "frr", "ffr", "rrff", "frf"])
def test_fired_and_resolved_may_come_in_any_order_and_again(storage: Storage, steps: str) -> None:
    alerts = TableAlerts(storage.table("alerts"))
    for step in steps:
        (alerts.fired if step == "f" else alerts.resolved)(PLACE, "occurrence", NOON)

    assert Seen(fired=True, resolved=True) == alerts.seen(PLACE, "occurrence")
    assert not alerts.is_firing(PLACE, NOON)


def test_knows_what_is_firing_at_a_place_since_a_time(storage: Storage) -> None:
    alerts = TableAlerts(storage.table("alerts"))
    assert Seen() == alerts.seen(PLACE, "occurrence")
    alerts.fired(PLACE, "occurrence", NOON)

    assert Seen(fired=True) == alerts.seen(PLACE, "occurrence")
    assert alerts.is_firing(PLACE, NOON)
    assert not alerts.is_firing(PLACE, NOON + timedelta(seconds=1))
    assert not alerts.is_firing("another place", NOON)


def test_the_end_of_what_never_fired_here_is_not_firing(storage: Storage) -> None:
    alerts = TableAlerts(storage.table("alerts"))
    alerts.resolved(PLACE, "occurrence", NOON)

    assert not alerts.is_firing(PLACE, NOON - timedelta(days=1))
