import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from config_examples import FILES, SHIPPED, documented, shipped, uncommented
from jsonschema import Draft202012Validator
from msgspec.structs import fields

from local.__main__ import main
from shared.configuration.alerts import usable_alert_rules
from shared.configuration.dependencies import usable_dependencies
from shared.configuration.events import usable_events
from shared.configuration.files.declare import FileEntry
from shared.configuration.files.read import read_file
from shared.configuration.files.usable import flawless
from shared.configuration.objectives import usable_objectives
from shared.configuration.receivers import usable_receivers
from shared.configuration.resources import usable_resources
from shared.configuration.schema import schemas
from shared.configuration.severity import usable_severity
from shared.configuration.silences import usable_silences
from shared.configuration.tokens import usable_token_rules
from shared.errors import InputError

OWN = "0a1b2c3d-0000-4000-8000-000000000001"
LOBBY = "/subscriptions/0a1b/resourceGroups/chat/providers/Microsoft.SignalRService/webPubSub/lobby"
WHEN = "start: 2026-11-12T02:00:00Z, end: 2026-11-12T04:00:00Z"
NIGHTS = "days: [mon], from: 22:00, to: 06:00, zone: UTC"
LOADERS = {
    "alerts": usable_alert_rules,
    "dependencies": usable_dependencies,
    "events": usable_events,
    "objectives": usable_objectives,
    "receivers": usable_receivers,
    "resources": lambda folder: usable_resources(folder, OWN),
    "severity": usable_severity,
    "silences": usable_silences,
    "tokens": usable_token_rules,
}


def in_lobby(policy: str) -> str:
    return f"web_pubsub: [{{resource: lobby, hubs: [{{hub: lobby, policies: [{policy}]}}]}}]"


def folder_with(folder: Path, file: str, text: str) -> Path:
    (folder / f"{file}.yaml").write_text(text, encoding="utf-8")
    return folder


@cache
def validator(file: str) -> Draft202012Validator:
    schema = json.loads((SHIPPED / "schema" / f"{file}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def accepts(file: str, folder: Path) -> bool:
    content = read_file(folder / f"{file}.yaml")
    assert content is not None
    return validator(file).is_valid(content.value.plain())


def test_the_schemas_are_those_of_the_declarations(tmp_path: Path) -> None:
    assert 0 == main(["config", "--schema", "--folder", str(tmp_path)])

    texts = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "schema").iterdir()}
    shipped_texts = {path.name: path.read_text(encoding="utf-8") for path in (SHIPPED / "schema").iterdir()}
    assert texts == shipped_texts == schemas(), "run `linekeeper config --schema`"


@pytest.mark.parametrize("file", FILES)
def test_every_file_names_its_schema_for_editors(file: str) -> None:
    first, _, _ = shipped(file).partition("\n")

    assert f"# yaml-language-server: $schema=schema/{file}.json" == first


@pytest.mark.parametrize("file", FILES)
def test_patterns_are_plain_enough_for_every_reader(file: str) -> None:
    assert "(?" not in schemas()[f"{file}.json"]


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("example", [shipped, uncommented, documented])
def test_accepts_what_is_shipped_and_what_the_docs_show(tmp_path: Path, file: str, example: Any) -> None:
    folder = folder_with(tmp_path, file, example(file))

    flawless(LOADERS[file](folder))
    assert accepts(file, folder)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("alerts", 'rules: [{rule: "lobby-*"}]'),
        ("alerts", "rules: [{symptom: drops}]"),
        ("alerts", 'rules: [{rule: a, symptom: "Not One"}]'),
        ("alerts", 'rules: [{rule: "******", symptom: drops}]'),
        ("alerts", f"rules: [{{rule: {'a' * 201}, symptom: drops}}]"),
        ("alerts", "rules: [{rule: a, symptom: drops, resource: b}]"),
        ("alerts", "rules: {rule: a, symptom: drops}"),
        ("alerts", "rule: []"),
        ("events", f"resources: [{{resource: {LOBBY}, origins: [l.example], keys: [A]}}]"),
        ("events", f"resources: [{{resource: {LOBBY}, origins: ['*'], keys: [A], hubs: [{{hub: chat}}]}}]"),
        ("events", f"resources: [{{resource: {LOBBY}, origins: [l.example], keys: ['a key=='], hubs: [{{hub: chat}}]}}]"),
        ("events", f"resources: [{{resource: {LOBBY}, origins: [l.example], keys: [A], hubs: [{{hub: 7up}}]}}]"),
        ("events", f"resources: [{{resource: {LOBBY}, origins: [l.example], keys: [A], hubs: [{{hub: a, connect: [{{roles: [admin]}}]}}]}}]"),
        ("events", f"resources: [{{resource: {LOBBY}, origins: [l.example], keys: [A], hubs: [{{hub: a, connect: [{{roles: [webpubsub.sendToGroups.*]}}]}}]}}]"),
        ("objectives", "objectives: {abort: {target: 0.9}}"),
        ("objectives", "objectives: {aborts: {target: 99}}"),
        ("objectives", "objectives: {aborts: {target: 1}}"),
        ("objectives", "objectives: {aborts: {min_events: 0}}"),
        ("objectives", "objectives: {aborts: {min_bad: 1.5}}"),
        ("objectives", "objectives: {aborts: {limit: {within: 15}}}"),
        ("objectives", "objectives: {aborts: {limit: {ratio: 5}}}"),
        ("objectives", "objectives: {aborts: {limit: 50}}"),
        ("objectives", "objectives: {aborts: {enabled: 1}}"),
        ("objectives", "objectives: {aborts: {goal: 0.9}}"),
        ("objectives", "objectives: {aborts: 0.99}"),
        ("objectives", "objectives: [aborts]"),
        ("receivers", "receivers: [{name: on-call}]"),
        ("receivers", "receivers: [{name: On Call, webhook: A}]"),
        ("receivers", "receivers: [{name: a, webhook: 'https://contoso.example/flow'}]"),
        ("receivers", "receivers: [{name: a, webhook: A, per_second: 9}]"),
        ("receivers", "receivers: [{name: a, webhook: A, fallback: }]"),
        ("receivers", "routes: [{match: {severity: 5}, to: [default]}]"),
        ("receivers", "routes: [{match: {severity: []}, to: [default]}]"),
        ("receivers", "routes: [{match: {resource: lobby}, to: [default]}]"),
        ("receivers", "routes: [{match: {resource: ['*', 'web?']}, to: [default]}]"),
        ("receivers", "routes: [{match: {symptom: Slow App}, to: [default]}]"),
        ("receivers", "routes: [{match: {team: chat}, to: [default]}]"),
        ("receivers", "routes: [{match: {severity: 1}}]"),
        ("receivers", "routes: [{to: default}]"),
        ("receivers", "announcements: default"),
        ("receivers", "route: []"),
        ("resources", ""),
        ("resources", "{}"),
        ("resources", "resources:"),
        ("resources", "resource: []"),
        ("resources", "resources: [lobby]"),
        ("resources", "resources: ['']"),
        ("resources", "resources: [{owner: bob}]"),
        ("resources", f"resources: [{{id: {LOBBY}, owners: bob}}]"),
        ("resources", f"resources: [{{id: {LOBBY}, workspace: main}}]"),
        ("resources", f"resources: [{{id: {LOBBY}, apps: {LOBBY}}}]"),
        ("resources", f"resources: [{{id: {LOBBY}, region: EU/West}}]"),
        ("resources", f"resources: [{{id: {LOBBY}, environment: ' '}}]"),
        ("severity", "rules: [{min_share: 0.5}]"),
        ("severity", "rules: [{severity: 0}]"),
        ("severity", "rules: [{severity: 1, min_share: 50}]"),
        ("severity", "rules: [{severity: 1, min_duration: soon}]"),
        ("severity", "rules: [{severity: 1, kinds: token-expired}]"),
        ("severity", "rules: [{severity: 1, kinds: [Token Expired]}]"),
        ("severity", "rules:"),
        ("severity", "told: {5: nobody}"),
        ("severity", "resolution: {1: 15}"),
        ("severity", "environments: {test: low}"),
        ("severity", "otherwise: 5"),
        ("severity", "rule: []"),
        ("silences", f"silences: [{{match: {{severity: 4}}, {WHEN}}}]"),
        ("silences", f"silences: [{{reason: night, {WHEN}}}]"),
        ("silences", f"silences: [{{reason: night, match: {{}}, {WHEN}}}]"),
        ("silences", f"silences: [{{reason: night, match: {{severity: 5}}, {WHEN}}}]"),
        ("silences", f"silences: [{{reason: {'x' * 201}, match: {{severity: 4}}, {WHEN}}}]"),
        ("silences", "silences: [{reason: night, match: {severity: 4}}]"),
        ("silences", "silences: [{reason: a, match: {severity: 4}, start: 2026-11-12T02:00:00Z}]"),
        ("silences", f"silences: [{{reason: a, match: {{severity: 4}}, {WHEN}, weekly: {{{NIGHTS}}}}}]"),
        ("silences", f"silences: [{{reason: a, match: {{severity: 4}}, {WHEN.replace('02:00:00Z', '02:00:00')}}}]"),
        ("silences", f"silences: [{{reason: a, match: {{severity: 4}}, weekly: {{{NIGHTS[:-11]}}}}}]"),
        ("silences", f"silences: [{{reason: a, match: {{severity: 4}}, weekly: {{{NIGHTS.replace('mon', 'monday')}}}}}]"),
        ("silences", f"silences: [{{reason: a, match: {{severity: 4}}, weekly: {{{NIGHTS.replace('22:00', '22')}}}}}]"),
        ("silences", f"silences: [{{reason: a, match: {{severity: 4}}, weekly: {{{NIGHTS.replace('[mon]', '[]')}}}}}]"),
        ("tokens", "issuers: [{tenant: contoso, audience: a}]"),
        ("tokens", f"issuers: [{{tenant: {OWN}}}]"),
        ("tokens", f"issuers: [{{tenant: {OWN}, audience: []}}]"),
        ("tokens", "issuers: [{issuer: 'http://contoso.example', jwks: 'https://contoso.example', audience: a}]"),
        ("tokens", "web_pubsub: [{hubs: []}]"),
        ("tokens", "web_pubsub: [{resource: lobby/1}]"),
        ("tokens", "web_pubsub: [{resource: lobby, endpoint: lobby.webpubsub.azure.com}]"),
        ("tokens", "web_pubsub: [{resource: lobby, connects_per_second: 0}]"),
        ("tokens", "web_pubsub: [{resource: lobby, hubs: [{hub: 1st, policies: []}]}]"),
        ("tokens", "web_pubsub: [{resource: lobby, hubs: [{hub: lobby}]}]"),
        ("tokens", in_lobby("{roles: [webpubsub.everything]}")),
        ("tokens", in_lobby("{roles: [webpubsub.sendToGroups]}")),
        ("tokens", in_lobby("{roles: webpubsub.sendToGroup.a}")),
        ("tokens", in_lobby("{max_minutes: 0}")),
        ("tokens", in_lobby("{max_minutes: 1441}")),
        ("tokens", in_lobby("{keys: true}")),
        ("tokens", in_lobby("{anonymous: allowed}")),
        ("tokens", in_lobby("{callers: {group: a}}")),
        ("tokens", in_lobby("{group: [a]}")),
        ("tokens", "acs: {policies: [{}]}"),
        ("tokens", "acs: {policies: [{scopes: []}]}"),
        ("tokens", "acs: {policies: [{scopes: [everything]}]}"),
        ("tokens", "acs: {policies: [{scopes: [voip], max_hours: 25}]}"),
        ("tokens", "tokens: []"),
    ],
)  # fmt: skip
def test_refuses_what_the_loader_refuses(tmp_path: Path, file: str, text: str) -> None:
    folder = folder_with(tmp_path, file, text)

    with pytest.raises(InputError):
        flawless(LOADERS[file](folder))
    assert not accepts(file, folder)


def declared(kind: Any) -> Iterator[Any]:
    """Return everything that a declaration is made of."""
    yield kind
    parts = fields(kind) if isinstance(kind, type) and issubclass(kind, FileEntry) else ()
    for part in [field.type for field in parts] or get_args(kind):
        yield from declared(part)


def is_text_with_a_pattern(kind: Any) -> bool:
    return get_origin(kind) is Annotated and kind.__metadata__[-1].pattern is not None


def is_collection(kind: Any) -> bool:
    return get_origin(kind.__origin__ if get_origin(kind) is Annotated else kind) in {tuple, list, dict}


def test_no_declaration_is_a_text_with_a_pattern_or_else_a_list_or_a_mapping() -> None:
    """Such a union ends the process: msgspec 0.22 takes the pattern for the type of the items when it frees it."""
    unions = [
        kind
        for entry in FileEntry.__subclasses__()
        if entry.__module__.startswith("shared.")
        for kind in declared(entry)
        if get_origin(kind) in {Union, type(int | str)}
    ]

    assert len(unions) > 20
    assert [
        kind
        for kind in unions
        if any(map(is_text_with_a_pattern, get_args(kind))) and any(map(is_collection, get_args(kind)))
    ] == []
