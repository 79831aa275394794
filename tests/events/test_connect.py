"""Who may connect, and with what."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.events.lobby import Line, event_headers


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def connect(line: Line, user: str | None, hub: str = "chat", **body: Any) -> tuple[int, Any]:
    headers = {
        name: value for name, value in event_headers("sys", "connect", hub=hub).items() if name != "ce-userid"
    }
    headers |= {} if user is None else {"ce-userid": user}
    answer = line.send(headers, json.dumps(body).encode(), hub)
    return answer.status, json.loads(answer.body or b"null")


def test_the_first_rule_that_fits_decides(line: Line) -> None:
    assert (401, None) == connect(line, "banned-eve@contoso.com")


def test_a_rule_gives_what_it_names(line: Line) -> None:
    given = {"groups": ["staff"], "roles": ["webpubsub.sendToGroup.staff"]}

    assert (200, given) == connect(line, "ada@contoso.com")


def test_a_rule_that_names_nothing_leaves_what_the_token_says(line: Line) -> None:
    assert (204, None) == connect(line, "bob@elsewhere.example")


def test_a_claim_can_be_the_user_and_no_roles_are_no_roles(line: Line) -> None:
    claims = {"plan": ["bronze", "gold"], "member": ["m-7"]}

    assert (200, {"userId": "m-7", "roles": []}) == connect(line, None, claims=claims)


@pytest.mark.parametrize(
    "claims",
    [
        {"plan": ["gold"]},
        {"plan": ["gold"], "member": []},
        {"plan": ["gold"], "member": ["m-7", "m-8"]},
        {"plan": ["gold"], "member": [""]},
        {"plan": ["gold"], "member": "m-7"},
        {"plan": ["bronze"], "member": ["m-7"]},
        {"plan": "gold", "member": ["m-7"]},
        [],
    ],
)
def test_who_has_no_user_id_and_not_these_claims_is_refused(line: Line, claims: Any) -> None:
    assert (401, None) == connect(line, None, claims=claims)


def test_a_client_without_a_user_gets_one_where_a_rule_says_so(line: Line) -> None:
    status, given = connect(line, None, "door")

    assert (200, ["guests"]) == (status, given["groups"])
    assert given["userId"].startswith("anonymous-")
    assert given == connect(line, None, "door")[1]


def test_a_rule_for_strangers_is_not_for_those_who_have_a_name(line: Line) -> None:
    assert (401, None) == connect(line, "ada@contoso.com", "door")


@pytest.mark.parametrize(("user", "status"), [("ada", 204), (None, 401)])
def test_a_hub_without_rules_takes_who_has_a_user_id(line: Line, user: str | None, status: int) -> None:
    assert (status, None) == connect(line, user, "plain")


def test_the_first_subprotocol_of_the_hub_that_is_offered_is_taken(line: Line) -> None:
    offered = ["soap", "json.webpubsub.azure.v1"]

    assert "json.webpubsub.azure.v1" == connect(line, None, "door", subprotocols=offered)[1]["subprotocol"]


def test_a_client_that_offers_other_subprotocols_only_is_refused(line: Line) -> None:
    assert (400, None) == connect(line, None, "door", subprotocols=["soap"])


def test_a_client_without_subprotocols_is_given_none(line: Line) -> None:
    assert "subprotocol" not in connect(line, None, "door", subprotocols=[])[1]


def test_nobody_is_kept_out_because_storage_is_down(line: Line) -> None:
    line.rows.is_down = True

    assert 200 == connect(line, "ada@contoso.com")[0]


def test_a_refused_client_is_no_failure_of_ours(line: Line) -> None:
    connect(line, "banned-eve@contoso.com")

    assert "" == line.only_row().failure
