"""The JSON Schema of every file of config/, for editors; made from the declarations that the loader reads by."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from shared.configuration import (
    alerts,
    dependencies,
    events,
    objectives,
    receivers,
    resources,
    severity,
    silences,
    tokens,
)
from shared.configuration.files.declare import OneOrMore

FOLDER = "schema"  # in config/

_FILES: Mapping[str, Any] = {
    alerts.FILE: alerts.AlertsFile | None,
    dependencies.FILE: dependencies.DependenciesFile | None,
    events.FILE: events.EventsFile | None,
    objectives.FILE: objectives.ObjectivesFile | None,
    receivers.FILE: receivers.ReceiversFile | None,
    resources.FILE: resources.ResourcesFile,
    severity.FILE: severity.SeverityFile | None,
    silences.FILE: silences.SilencesFile | None,
    tokens.FILE: tokens.TokensFile | None,
}


def schemas() -> dict[str, str]:
    """Return the text of every schema, by the name of the file that holds it."""
    return {file.replace(".yaml", ".json"): _text(file, kind) for file, kind in _FILES.items()}


def _text(file: str, kind: Any) -> str:
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"config/{file}"}
    schema = msgspec.json.schema(kind, schema_hook=_one_or_more)
    if file == objectives.FILE:
        signals = schema["$defs"]["ObjectivesFile"]["properties"]["objectives"]
        signals["propertyNames"] = {"enum": [*objectives.default_objectives()]}
    if file == resources.FILE:
        _let_discover(schema["$defs"])
    return json.dumps({**head, **schema}, indent=2, ensure_ascii=False) + "\n"


def _let_discover(defined: dict[str, Any]) -> None:
    """Let an entry be a selection too: a type of msgspec cannot say that it is one of two mappings."""
    selection = msgspec.json.schema(resources.DiscoverEntry)
    defined |= selection["$defs"]
    items = defined["ResourcesFile"]["properties"]["resources"]["items"]
    items["anyOf"].append({"$ref": selection["$ref"]})


def _one_or_more(kind: type[OneOrMore[Any]]) -> dict[str, Any]:
    schema = msgspec.json.schema(kind.item())
    return {"anyOf": [schema, {"type": "array", "items": schema, "minItems": 1}]}
