"""The root-cause bucket of every hypothesis: where the thing stands that has to change."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.incidents.incident import RootCause

_IDS = {
    RootCause.CONFIGURATION: {
        "web-pubsub-connection-failures": "audience-mismatch local-auth-disabled network-acl-blocks "
        "hub-or-endpoint-wrong abuse-protection-failing",
        "web-pubsub-connection-drops": "event-handler-missing",
        "web-pubsub-event-handler-errors": "upstream-not-found upstream-unauthorized abuse-protection-failing "
        "handler-not-registered",
        "acs-call-connection-failures": "udp-blocked relay-unreachable ice-failed",
        "acs-chat-message-delivery": "realtime-channel-blocked",
        "acs-transcription-websocket-drops": "proxy-idle-timeout stream-url-invalid",
    },
    RootCause.CAPACITY: {
        "web-pubsub-connection-failures": "connection-quota-reached",
        "web-pubsub-connection-drops": "connection-quota-reached slow-client",
        "web-pubsub-event-handler-errors": "upstream-slow",
        "acs-chat-message-delivery": "send-throttled",
        "acs-transcription-websocket-drops": "receive-starved",
    },
    RootCause.CODE: {
        "web-pubsub-connection-failures": "token-expired token-too-long upstream-rejects-connect",
        "web-pubsub-connection-drops": "event-handler-failing mass-close fixed-lifetime",
        "web-pubsub-event-handler-errors": "upstream-failing",
        "acs-call-connection-failures": "token-invalid voip-scope-missing",
        "acs-chat-message-delivery": "token-expired not-listening",
        "acs-transcription-websocket-drops": "server-keepalive-timeout tts-correlated",
    },
    RootCause.EXTERNAL: {
        "web-pubsub-connection-failures": "platform-incident",
        "web-pubsub-connection-drops": "service-reload ping-timeout platform-incident",
        "acs-call-connection-failures": "signalling-lost callee-unreachable platform-incident",
        "acs-transcription-websocket-drops": "stream-interrupted-by-service",
    },
    # What a person or a pipeline did to a running system.
    RootCause.PROCESS: {
        "web-pubsub-connection-failures": "access-key-rotated resource-changed",
        "web-pubsub-connection-drops": "resource-changed",
        "acs-chat-message-delivery": "participant-removed thread-deleted",
        "acs-transcription-websocket-drops": "server-restart",
    },
}
ROOT_CAUSES: Mapping[str, RootCause] = MappingProxyType(
    {
        f"{playbook}/{hypothesis}": bucket
        for bucket, playbooks in _IDS.items()
        for playbook, ids in playbooks.items()
        for hypothesis in ids.split()
    }
)


def root_cause_of(symptom: str, cause: str | None) -> RootCause:
    """Return the bucket of an incident's cause; unknown where there is none."""
    return ROOT_CAUSES.get(f"{symptom}/{cause}", RootCause.UNKNOWN) if cause else RootCause.UNKNOWN
