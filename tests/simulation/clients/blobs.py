"""What stands for the SDK's clients of containers and blobs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

from azure.core import MatchConditions
from azure.core.exceptions import ResourceNotFoundError

from tests.simulation.clients.line import NOTHING, Line, asked
from tests.simulation.storage.wire import Answer, Request


class ContainerInMemory:
    """Stands for `azure.storage.blob.ContainerClient`."""

    def __init__(self, line: Line, name: str) -> None:
        self._line = line
        self.container_name = name

    def create_container(self) -> None:
        """Make the container."""
        self._ask("PUT", "", {"restype": "container"})

    def upload_blob(
        self,
        name: str,
        data: bytes,
        *,
        overwrite: bool = False,
        metadata: Mapping[str, str] = NOTHING,
        content_settings: object = None,
        **conditions: Any,
    ) -> None:
        """Write a blob."""
        headers = {} if overwrite else {"if-none-match": "*"}
        headers |= {f"x-ms-meta-{key}": text for key, text in metadata.items()}
        self._ask("PUT", f"/{name}", body=data, headers=headers | _conditions(**conditions))

    def download_blob(self, name: str, **conditions: Any) -> Any:
        """Read a blob."""
        answer = self._ask("GET", f"/{name}", headers=_conditions(**conditions))
        meta = "x-ms-meta-"
        metadata = {
            key.removeprefix(meta): text for key, text in answer.headers.items() if key.startswith(meta)
        }
        moment = parsedate_to_datetime(answer.headers["last-modified"])
        properties = SimpleNamespace(etag=answer.headers["etag"], metadata=metadata, last_modified=moment)
        return SimpleNamespace(readall=lambda: answer.body, properties=properties)

    def delete_blob(self, name: str) -> None:
        """Delete a blob."""
        self._ask("DELETE", f"/{name}")

    def list_blobs(self, *, name_starts_with: str = "") -> Iterator[Any]:
        """Yield blobs by their names."""
        answer = self._ask("GET", "", {"comp": "list", "prefix": name_starts_with})
        for blob in ET.fromstring(answer.body).iter("Blob"):
            moment = parsedate_to_datetime(blob.findtext("Properties/Last-Modified", ""))
            yield SimpleNamespace(name=blob.findtext("Name"), last_modified=moment)

    def get_container_properties(self) -> Any:
        """Return that it is there."""
        return self._ask("GET", "", {"restype": "container"})

    def get_blob_client(self, name: str) -> "BlobInMemory":
        """Return one of its blobs."""
        return BlobInMemory(self, name)

    def snapshot(self, name: str, **conditions: Any) -> None:
        """Keep a blob as it is."""
        self._ask("PUT", f"/{name}", {"comp": "snapshot"}, headers=_conditions(**conditions))

    def size(self, name: str) -> int:
        """Return how large a blob is."""
        return int(self._ask("HEAD", f"/{name}").headers["content-length"])

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] = NOTHING,
        body: bytes = b"",
        headers: Mapping[str, str] = NOTHING,
    ) -> Answer:
        request = Request(method, f"{self.container_name}{path}", query, headers, body)
        return asked(self._line, "blob", request, self._line.account.blobs.answer)


@dataclass(frozen=True)
class BlobInMemory:
    """Stands for `azure.storage.blob.BlobClient`."""

    container: ContainerInMemory
    blob_name: str

    def upload_blob(self, data: bytes, **options: Any) -> None:
        """Write it."""
        self.container.upload_blob(self.blob_name, data, **options)

    def download_blob(self) -> Any:
        """Read it."""
        return self.container.download_blob(self.blob_name)

    def exists(self) -> bool:
        """Tell whether it is there."""
        try:
            self.get_blob_properties()
        except ResourceNotFoundError:
            return False
        return True

    def create_snapshot(self, **conditions: Any) -> None:
        """Keep it as it is."""
        self.container.snapshot(self.blob_name, **conditions)

    def delete_blob(self) -> None:
        """Delete it."""
        self.container.delete_blob(self.blob_name)

    def get_blob_properties(self) -> Any:
        """Return its size."""
        return SimpleNamespace(size=self.container.size(self.blob_name))


def _conditions(*, etag: str | None = None, match_condition: MatchConditions | None = None) -> dict[str, str]:
    if etag is None or match_condition is None:
        return {}
    name = "if-match" if match_condition is MatchConditions.IfNotModified else "if-none-match"
    return {name: etag}
