"""The published client as it comes, with a provider that asks once for each address and waits for nothing."""

import sys
import threading
import urllib.request

from azure.messaging.webpubsubclient import WebPubSubClient, WebPubSubClientCredential
from azure.messaging.webpubsubclient.models import CallbackType


def main(address: str) -> None:
    """Open a line, and stay until the client gives up."""

    def url() -> str:
        with urllib.request.urlopen(address) as response:  # noqa: S310  our own address
            return str(response.read().decode())

    stopped = threading.Event()
    client = WebPubSubClient(WebPubSubClientCredential(url))
    client.subscribe(CallbackType.STOPPED, stopped.set)
    client.open()
    stopped.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
