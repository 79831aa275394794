"""The root-cause bucket that the page of a hypothesis names: where the thing stands that has to change."""

import pytest

from shared.playbooks.loading.load import load_library
from shared.playbooks.playbook import RootCause

CONNECTS = "web-pubsub-connection-failures"
DROPS = "web-pubsub-connection-drops"
UPSTREAM = "web-pubsub-event-handler-errors"
CALLS = "acs-call-connection-failures"
CHAT = "acs-chat-message-delivery"
TRANSCRIPTION = "acs-transcription-websocket-drops"


@pytest.mark.parametrize(
    ("symptom", "cause", "bucket"),
    [
        pytest.param(CONNECTS, "platform-incident", RootCause.EXTERNAL, id="Azure has to mend Azure"),
        pytest.param(DROPS, "platform-incident", RootCause.EXTERNAL, id="and for drops alike"),
        pytest.param(CALLS, "platform-incident", RootCause.EXTERNAL, id="and for calls alike"),
        pytest.param(
            CONNECTS, "connection-quota-reached", RootCause.CAPACITY, id="a quota is raised by more units"
        ),
        pytest.param(DROPS, "connection-quota-reached", RootCause.CAPACITY, id="and for drops alike"),
        pytest.param(DROPS, "service-reload", RootCause.EXTERNAL, id="the service reloads when it wants to"),
        pytest.param(DROPS, "slow-client", RootCause.CAPACITY, id="a client takes less than is sent to it"),
        pytest.param(DROPS, "mass-close", RootCause.CODE, id="your own server closed them"),
        pytest.param(
            DROPS, "event-handler-missing", RootCause.CONFIGURATION, id="the hub's settings name no handler"
        ),
        pytest.param(UPSTREAM, "upstream-failing", RootCause.CODE, id="your handler answers 5xx"),
        pytest.param(UPSTREAM, "upstream-slow", RootCause.CAPACITY, id="your handler cannot keep up"),
        pytest.param(
            CONNECTS, "network-acl-blocks", RootCause.CONFIGURATION, id="a network rule has to be changed"
        ),
        pytest.param(
            CONNECTS, "access-key-rotated", RootCause.PROCESS, id="somebody rotated the key of a running app"
        ),
        pytest.param(
            CONNECTS, "resource-changed", RootCause.PROCESS, id="somebody changed a running resource"
        ),
        pytest.param(CALLS, "udp-blocked", RootCause.CONFIGURATION, id="a firewall has to let media through"),
        pytest.param(
            CALLS, "voip-scope-missing", RootCause.CODE, id="the code that issues tokens leaves the scope out"
        ),
        pytest.param(CHAT, "send-throttled", RootCause.CAPACITY, id="more was sent than the limit allows"),
        pytest.param(CHAT, "participant-removed", RootCause.PROCESS, id="somebody removed the participant"),
        pytest.param(
            TRANSCRIPTION, "server-keepalive-timeout", RootCause.CODE, id="your server's keepalive ends them"
        ),
        pytest.param(
            TRANSCRIPTION, "server-restart", RootCause.PROCESS, id="somebody deployed while calls went on"
        ),
    ],
)
def test_the_bucket_is_where_the_thing_stands_that_has_to_change(
    symptom: str, cause: str, bucket: RootCause
) -> None:
    assert bucket is load_library()[symptom].root_cause_of(cause)


@pytest.mark.parametrize("cause", [None, "", "solar-flare"])
def test_a_cause_that_nobody_found_is_in_no_bucket(cause: str | None) -> None:
    assert RootCause.UNKNOWN is load_library()[DROPS].root_cause_of(cause)
