"""Connect with the published aio client, whose TLS context is made when aiohttp is imported: so in a process of its own.

It joins a group, says what it hears as lines of JSON, and sends what it reads from its input.
"""

import asyncio
import json
import sys
from typing import Any

from azure.messaging.webpubsubclient.aio import WebPubSubClient
from azure.messaging.webpubsubclient.models import CallbackType, WebPubSubDataType
from azure.messaging.webpubsubservice import WebPubSubServiceClient

ROLES = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"]


def tell(event: str, **more: object) -> None:
    print(json.dumps({"event": event, **more}), flush=True)


async def main(connection_string: str, hub: str) -> None:
    service = WebPubSubServiceClient.from_connection_string(connection_string, hub)
    asked = 0

    async def address() -> str:
        nonlocal asked
        asked += 1
        return str(service.get_client_access_token(user_id="carol", roles=ROLES)["url"])

    async def connected(event: Any) -> None:
        tell("connected", connectionId=event.connection_id, asked=asked)

    async def disconnected(event: Any) -> None:
        tell("disconnected", message=event.message)

    async def heard(event: Any) -> None:
        tell("group-message", data=event.data)

    from azure.messaging.webpubsubclient.aio import WebPubSubClientCredential

    client = WebPubSubClient(WebPubSubClientCredential(address))
    await client.subscribe(CallbackType.CONNECTED, connected)
    await client.subscribe(CallbackType.DISCONNECTED, disconnected)
    await client.subscribe(CallbackType.GROUP_MESSAGE, heard)
    async with client:
        await client.join_group("room")
        tell("done", name="join")
        while line := await asyncio.to_thread(sys.stdin.readline):
            await client.send_to_group("room", line.strip(), WebPubSubDataType.TEXT)
            tell("done", name="send")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
