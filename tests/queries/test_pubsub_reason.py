"""What the library reads from the texts of Web PubSub and of SignalR, which shares its back end."""

from datetime import UTC, datetime

from local.workspace import kql
from local.workspace.database import Workspace
from shared.queries.prelude import complete
from shared.queries.scope import Scope, Window

SCOPE = Scope(("/subscriptions/s1",), Window(datetime(2026, 11, 20, 9, tzinfo=UTC), datetime(2026, 11, 20, 10, tzinfo=UTC)))  # fmt: skip

# azure-web-pubsub howto-troubleshoot-resource-logs and -common-issues; azure-signalr signalr-howto-diagnostic-logs;
# the codes of Microsoft.IdentityModel for what no page of the service quotes.
READ = {
    "Failed to validate audience. Expected Audiences: a. Actual Audiences: b": "audience",
    "IDX10214: Audience validation failed.": "audience",
    "IDX10223: Lifetime validation failed. The token is expired.": "expired",
    "The access token has expired": "expired",
    "IDX10503: Signature validation failed.": "signature",
    "Local authentication is disabled for this resource": "local-auth",
    "ConnectionAborted Connection count reaches limit": "connection-limit",
    "ConnectionCountLimitReached ": "connection-limit",
    "The connection count has reached the limit of 1000.": "connection-limit",
    "Message count reaches limit": "message-limit",
    "Abuse protection for 'https://floor.example/hooks' missing allowed origins: .": "abuse-protection",
    "AbuseProtectionResponseInvalidStatusCode ": "abuse-protection",
    "Sending message during operation hub:lobby,event:connect,type:sys got unexpected response with status code 404.": "upstream",
    "HttpHandlerUnexpectedResponse ": "upstream",
    "Sending message during operation handshake got unexpected response with status code 500. Detail: Get error from upstream: 'Authentication failed, the certificate has expired'": "upstream",
    "Sending message during operation hub:lobby,event:order,type:user got unexpected response with status code 401. Detail: the token has expired": "upstream",
    "Abuse protection for 'https://floor.example/hooks' failed: 401. Signature validation failed.": "abuse-protection",
    "Service reloading, reconnect": "reload",
    "Service reloading, try reconnecting": "reload",
    "Connection ping timeout": "ping-timeout",
    "Connection ping timeout expired": "ping-timeout",
    "Internal server transient error": "transient",
    "Application server closed the connection": "closed-by-server",
    "Request is denied by network ACLs": "network",
    "Public network access is disabled": "network",
    "Access Token must not be longer than 4K. 413 Request Entity Too Large": "too-long",
    "Connection started": "unclassified",
    "": "unclassified",
}


def test_reads_every_documented_text_and_leaves_the_others_unclassified() -> None:
    rows = ", ".join(f'"{text}"' for text in READ)
    check = f"datatable(Said:string)[{rows}]\n| extend Reason = pubsubReason(Said)\n| project Said, Reason"

    answer = kql.run(Workspace(), complete(check, SCOPE))

    assert READ == {str(text): str(reason) for text, reason in answer.rows()}
