"""The bag of changed properties: whatever stands in it is walked, and no secret leaves it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.context.change import Edit
from shared.context.history.bag import (
    MOST_EDITS,
    MOST_LETTERS,
    edits_of,
    edits_of_body,
    name_at,
    paths_of_body,
)
from tests.secrets_by_shape import SECRETS

PATHS = st.from_regex(r"[a-z]{1,8}(\.[a-z]{1,8}|\[[0-9]\]){0,3}", fullmatch=True)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
# Long enough that no path holds it by chance.
CODES = st.text(
    alphabet="abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789", min_size=12, max_size=60
).map("q7{}".format)


def update(old: object, new: object) -> dict[str, object]:
    return {"previousValue": old, "newValue": new, "changeCategory": "User", "propertyChangeType": "Update"}


def test_names_each_property_with_its_values() -> None:
    bag = {"sku.capacity": update("4", "1"), "properties.disableLocalAuth": update("false", "true")}

    assert edits_of(bag) == (
        Edit("properties.disableLocalAuth", "false", "true"),
        Edit("sku.capacity", "4", "1"),
    )


def test_leaves_out_what_azure_keeps_for_itself() -> None:
    bag = {
        "properties.provisioningState": update("Updating", "Succeeded"),
        "systemData.lastModifiedAt": update("2026-11-19", "2026-11-20"),
        "properties.hostNamePrefix": {**update("a", "b"), "changeCategory": "System"},
    }

    assert edits_of(bag) == ()


def test_a_bag_that_comes_as_text_is_one() -> None:
    assert edits_of(json.dumps({"tags.owner": update(None, "carol")})) == (Edit("tags.owner", None, "carol"),)


def test_a_code_in_an_address_is_redacted_whatever_its_name_and_wherever_it_stands() -> None:
    template = "https://func-lobby.azurewebsites.net/api/event?code=bm90LWEta2V5&clientId=default"
    handlers = json.dumps([{"urlTemplate": template, "userEventPattern": "*"}])
    bag = {
        "properties.eventHandlers": update(handlers[:100], handlers),
        "properties.eventHandlers[0].urlTemplate": update(template, template),
    }

    text = repr(edits_of(bag))

    assert "bm90LWEta2V5" not in text
    assert "https://func-lobby.azurewebsites.net/api/event" in text


@pytest.mark.parametrize("name", ["password", "clientSecret", "primaryKey", "accessToken"])
def test_a_name_that_says_it_is_secret_hides_the_whole_value(name: str) -> None:
    text = repr(edits_of({f"tags.{name}": update("correct horse", "battery staple")}))

    assert not any(word in text for word in ("correct", "horse", "battery", "staple"))


def test_a_body_that_writes_the_whole_resource_says_nothing_of_what_changed() -> None:
    assert edits_of_body({"properties": {f"a{number}": number for number in range(6)}}, most=5) == ()


@given(st.dictionaries(PATHS, JSON, max_size=6) | JSON)
def test_walks_whatever_stands_there(bag: object) -> None:
    edits = edits_of(bag)

    assert len(edits) <= MOST_EDITS
    assert all(
        len(text) <= MOST_LETTERS for edit in edits for text in (edit.path, edit.old, edit.new) if text
    )


@given(
    st.dictionaries(
        PATHS.map(lambda path: f"tags.{path}"), st.tuples(st.integers(), st.integers()), max_size=10
    )
)
def test_no_path_is_lost_and_none_is_made_up(pairs: dict[str, tuple[int, int]]) -> None:
    bag = {path: update(str(old), str(new)) for path, (old, new) in pairs.items()}

    found = {edit.path for edit in edits_of(bag)}

    noise = {path for path in pairs if name_at(path) == "etag"}
    assert set(pairs) - noise == found


@given(
    CODES, st.sampled_from(["code", "sig", "clave", "x-functions-key", "k"]), st.booleans(), st.integers(0, 3)
)
def test_no_query_value_of_an_address_leaves(code: str, name: str, as_text: bool, depth: int) -> None:
    value: object = f"https://handlers.example/api/event?{name}={code}"
    for _ in range(depth):
        value = [{"urlTemplate": value, "systemEvents": ["connect"]}]
    held = json.dumps(value) if as_text and depth else value
    bag = {"properties.eventHandlers": update(held, held)}

    said = repr(edits_of(bag)) + repr(edits_of_body({"properties": {"eventHandlers": value}}, most=50))

    assert code not in said


@given(st.sampled_from(list(SECRETS.values())), PATHS, st.booleans())
def test_no_secret_of_a_known_shape_leaves(secret: tuple[str, str], path: str, is_listed: bool) -> None:
    line, hidden = secret
    bag = {path: update([line] if is_listed else line, line)}

    assert hidden not in "".join(f"{edit.old}{edit.new}" for edit in edits_of(bag))


@given(JSON)
def test_a_body_names_its_paths_whatever_it_is(body: object) -> None:
    assert all(isinstance(path, str) for path in paths_of_body(body))
