"""The requests that Azurite got, by its access log."""

import re
from dataclasses import dataclass

from local.configuration.desk import CONTAINER
from shared.app.names import Container, Queue

_LINE = re.compile(r'"(\w+) (\S+) HTTP/1\.1" (\d+)')
_QUEUES = {name for queue in Queue for name in (str(queue), f"{queue}-poison")}
_CONTAINERS = {CONTAINER, *map(str, Container)}


@dataclass(frozen=True, slots=True)
class StorageCall:
    """One request; `service` is blob, queue or table."""

    service: str
    method: str
    path: str


def storage_call(line: str) -> StorageCall | None:
    """Read a line of the access log; None where it tells of no request."""
    match = _LINE.search(line)
    return StorageCall(_service(match[1], match[2]), match[1], match[2]) if match else None


def _service(method: str, path: str) -> str:
    """Tell the service by the form of a path: names of tables and queues repeat."""
    name = re.split(r"[/?(]", path.split("/", 2)[2])[0]
    if name in _CONTAINERS:
        return "blob"
    is_entity = "(" in path or (method == "POST" and "/messages" not in path)
    return "queue" if name in _QUEUES and not is_entity else "table"
