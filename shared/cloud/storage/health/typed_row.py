"""Write a row of any table as text, each property with its type, and read it back as it was."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from azure.data.tables import EdmType, EntityProperty, TableEntity


def typed_row_text(row: Mapping[str, Any]) -> str:
    """Return a row as JSON text: each property is its type and its value."""
    return json.dumps({name: _typed(value) for name, value in row.items()}, ensure_ascii=False)


def typed_row_from(text: str) -> TableEntity:
    """Return the row of such a text."""
    return TableEntity({name: _untyped(kind, value) for name, (kind, value) in json.loads(text).items()})


def _typed(value: Any) -> tuple[str, Any]:
    if isinstance(value, EntityProperty):
        kind = str(EdmType(value.edm_type).value) if value.edm_type else "plain"
        return kind, str(value.value)
    if isinstance(value, bytes):
        return "bytes", base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return "moment", value.isoformat()
    return ("uuid", str(value)) if isinstance(value, UUID) else ("plain", value)


def _untyped(kind: str, value: Any) -> Any:
    if kind == "plain":
        return value
    if kind == "bytes":
        return base64.b64decode(value)
    if kind == "moment":
        return datetime.fromisoformat(value)
    if kind == "uuid":
        return UUID(value)
    return EntityProperty(int(value) if kind == EdmType.INT64.value else value, EdmType(kind))
