"""Keep the documents of resources, the rows of Resource Graph, and what an identity may not do."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any

Json = dict[str, Any]

_PARTS = 8  # slashes in the id of a resource that belongs to no other


class ArmStore:
    """What Azure Resource Manager knows.

    Attributes:
        rows: the rows of Resource Graph by table, each with its full columns.
        forbidden: what an identity may not do, as parts of `<action> <id>` in lower case, such as
            `microsoft.signalrservice/webpubsub/hubs/read`.
        groups: the groups of Entra that a principal is in, by its object id, all in lower case.
        visible_until: rows of Resource Graph about later times are hidden; None shows every row.
    """

    def __init__(
        self, documents: Iterable[Mapping[str, Any]] = (), rows: Mapping[str, Sequence[Json]] | None = None
    ) -> None:
        self.rows: dict[str, list[Json]] = {table.lower(): list(held) for table, held in (rows or {}).items()}
        self.forbidden: set[str] = set()
        self.groups: dict[str, tuple[str, ...]] = {}
        self.visible_until: datetime | None = None
        self._documents: dict[str, Json] = {}
        self._lock = threading.RLock()
        for document in documents:
            self.put(document)

    def put(self, document: Mapping[str, Any]) -> None:
        """Keep a document under its own id, in place of the former one."""
        with self._lock:
            self._documents[str(document["id"]).lower()] = deepcopy(dict(document))

    def get(self, resource: str) -> Json | None:
        """Return a copy of a document."""
        with self._lock:
            return deepcopy(self._documents.get(resource.lower()))

    def remove(self, resource: str) -> bool:
        """Forget a resource and all that belongs to it; answer whether it was there."""
        key = resource.lower()
        with self._lock:
            held = [
                document for document in self._documents if document == key or document.startswith(f"{key}/")
            ]
            for document in held:
                del self._documents[document]
            return bool(held)

    def members(self, collection: str) -> list[Json]:
        """Return the documents directly in a collection, by id."""
        prefix = f"{collection.lower()}/"
        with self._lock:
            keys = sorted(
                key for key in self._documents if key.startswith(prefix) and "/" not in key[len(prefix) :]
            )
            return [deepcopy(self._documents[key]) for key in keys]

    def of_type(self, scope: str, kind: str) -> list[Json]:
        """Return the documents of a type that are nobody's children in a subscription or a group, by id."""
        middle = f"/providers/{kind.lower()}/"
        with self._lock:
            keys = sorted(key for key in self._documents if key.startswith(f"{scope.lower()}/"))
            heads = [(key, *key.partition(middle)) for key in keys]
            return [
                deepcopy(self._documents[key]) for key, _, found, name in heads if found and "/" not in name
            ]

    def containing(self, middle: str) -> list[Json]:
        """Return the documents with this text in their id, which is in lower case, by id."""
        with self._lock:
            return [deepcopy(self._documents[key]) for key in sorted(self._documents) if middle in key]

    def tracked(self) -> list[Json]:
        """Return the resources as Resource Graph has them; what belongs to one is not among them, nor what may not be read."""
        with self._lock:
            held = [(key, deepcopy(document)) for key, document in self._documents.items()]
        return [
            {**document, "type": str(document.get("type", "")).lower(), "subscriptionId": key.split("/")[2]}
            for key, document in held
            if key.count("/") == _PARTS and not self.is_forbidden(f"{document.get('type')}/read", key)
        ]

    def has_subscription(self, subscription: str) -> bool:
        """Tell whether any resource or row is of this subscription."""
        prefix = f"/subscriptions/{subscription.lower()}/"
        with self._lock:
            return any(key.startswith(prefix) for key in self._documents) or any(
                str(row.get("subscriptionId", "")).lower() == subscription.lower()
                for rows in self.rows.values()
                for row in rows
            )

    def is_forbidden(self, action: str, resource: str) -> bool:
        """Tell whether the identity lacks an action on a resource."""
        asked = f"{action} {resource}".lower()
        return any(part in asked for part in self.forbidden)
