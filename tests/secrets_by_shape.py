"""One made-up secret of every shape that Linekeeper knows, as it stands in a log line.

Each is a pair: the line, and the part of it that must never be seen again.
"""

import base64
import random
import string

_DICE = random.Random(1006)


def _letters(count: int) -> str:
    return "".join(_DICE.choices(string.ascii_letters + string.digits, k=count))


def _base64(size: int) -> str:
    return base64.b64encode(_DICE.randbytes(size)).decode()


def _jwt() -> str:
    parts = (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"alice","exp":1763000000}', _DICE.randbytes(32))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


JWT = _jwt()
KEY_32 = _base64(32)
KEY_64 = _base64(64)
ANNOTATED_KEY = f"{_letters(52)}JQQJ99AKACYeBjFXJ3w3AAAAAWPS{_letters(4)}"
BEARER = _letters(40)
ENTRA_SECRET = f"kE08Q~{_letters(34)}"
SIGNATURE = "u7%2BBDy8k2Zq0nFvC9lYtE3Rw5mXsA1Hb6Jd4Pg%3D"
WORKFLOW = "https://prod-07.westeurope.logic.azure.com:443/workflows/5f0c/triggers/manual/paths/invoke"
POWER_FLOW = (
    "https://default7a1b.0c.environment.api.powerplatform.com:443/powerautomate/automations/direct/"
    "workflows/9d2e/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers&sv=1.0&sig=Zk3w"
)
CONNECTOR = "https://contoso.webhook.office.com/webhookb2/7c1d@9e2f/IncomingWebhook/4b5a/8c6d"
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQC7\n-----END PRIVATE KEY-----"

SECRETS: dict[str, tuple[str, str]] = {
    "a token in a client's address": (
        f"wss://contoso-rt.webpubsub.azure.com/client/hubs/lobby?access_token={JWT}",
        JWT,
    ),
    "a bare token": (f"client sent {JWT} to hub lobby", JWT),
    "a token cut by the log": (f"client sent {JWT[:60]}", JWT[:60]),
    "a token in an encoded address": (f"redirect=https%3A%2F%2Fapp%3Faccess_token%3D{JWT}", JWT),
    "an opaque token in a query": ("GET /client?hub=lobby&token=opaque-as-can-be", "opaque-as-can-be"),
    "a shared access signature": (
        f"https://logs.blob.core.windows.net/c/b?sv=2024-11-04&sig={SIGNATURE}&se=2026",
        SIGNATURE,
    ),
    "a signature in an encoded address": ("u=https%3A%2F%2Fx%3Fse%3D2026%26sig%3DZk3wRt88", "Zk3wRt88"),
    "a function's code": (
        f"POST https://linekeeper.azurewebsites.net/api/alerts?code={_letters(20)}%3D%3D",
        "%3D%3D",
    ),
    "a code in a form": (f"grant_type=authorization_code&code=0.{_letters(30)}&scope=x", "code=0."),
    "a key in a query": ("GET /health?key=open-sesame", "open-sesame"),
    "a password in a form": ("user=alice&password=correct-horse", "correct-horse"),
    "a password in prose": ("password: hunter2", "hunter2"),
    "a client secret in JSON": ('{"client_secret": "battery staple"}', "battery staple"),
    "a client secret in JSON in JSON": (r"{\"body\":\"{\\\"client_secret\\\":\\\"staple\\\"}\"}", "staple"),
    "a bearer header": (f"Authorization: Bearer {BEARER}", BEARER),
    "a short bearer header": ("Authorization: Bearer sesame", "sesame"),
    "a basic header": ("'Authorization': 'Basic YWxpY2U6aHVudGVyMg=='", "YWxpY2U6aHVudGVyMg"),
    "credentials without a header": ("sent Bearer mF_9.B5f-4.1JqM to /api", "mF_9.B5f-4.1JqM"),
    "a Web PubSub connection string": (
        f"Endpoint=https://contoso-rt.webpubsub.azure.com;AccessKey={KEY_32};Version=1.0;",
        KEY_32,
    ),
    "an ACS connection string": (
        f"endpoint=https://contoso.communication.azure.com/;accesskey={KEY_64}",
        KEY_64,
    ),
    "a storage connection string": (
        f"DefaultEndpointsProtocol=https;AccountName=lines;AccountKey={KEY_64};EndpointSuffix=core.windows.net",
        KEY_64,
    ),
    "a Service Bus connection string": (
        f"Endpoint=sb://lines.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey={KEY_32}",
        KEY_32,
    ),
    "an Event Hubs connection string": (
        f"Endpoint=sb://x.servicebus.windows.net/;SharedAccessSignature=SharedAccessSignature sr=x&sig={SIGNATURE}",
        SIGNATURE,
    ),
    "a bare storage key": (f"rotated to {KEY_64} at 02:10", KEY_64),
    "a bare access key": (f"rotated to {KEY_32} at 02:10", KEY_32),
    "an annotated key": (f"rotated to {ANNOTATED_KEY}", ANNOTATED_KEY),
    "a secret of an Entra application": (f"AADSTS7000215 for {ENTRA_SECRET}", ENTRA_SECRET),
    "a workflow's address": (f"POST {WORKFLOW}?sp=%2Ftriggers&sig=Zk3w failed", WORKFLOW),
    "a Power Platform flow's address": (f"POST {POWER_FLOW} failed", POWER_FLOW),
    "a connector's address": (f"POST {CONNECTOR} failed", CONNECTOR),
    "a workflow's address without scheme": (
        "prod-07.westeurope.logic.azure.com/workflows/quokka?sig=Zk3w",
        "quokka",
    ),
    "a reconnection token": ("awps_reconnection_token=r3c0nn3ct&awps_connection_id=c1", "r3c0nn3ct"),
    "a reconnection token in a frame": ('{"event":"connected","reconnectionToken":"r3c0nn3ct"}', "r3c0nn3ct"),
    "a function key header": ("x-functions-key: f0xtr0t", "f0xtr0t"),
    "a private key": (PEM, "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"),
    "a private key cut by the log": (PEM[:70], "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"),
    "credentials in an address": ("amqp://lines:p4ssw0rd@broker.contoso.com/v", "p4ssw0rd"),
    "a session cookie": ("Set-Cookie: ARRAffinity=zebra-stripes; Path=/", "zebra-stripes"),
}
