"""What a webhook is told is as documented, holds no secret, and says which incident it is about."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.machine.places import ROOT
from local.webhook.receiver import SCHEMA, schema_validator
from shared.incidents.incident import (
    Acknowledgement,
    CardSilence,
    Declared,
    Ending,
    Incident,
    Milestone,
    Notification,
    State,
)
from shared.notices.cards.elements import message
from shared.notices.cards.links import Links
from shared.notices.cards.milestone_card import draw_announcement, draw_milestone
from shared.notices.delivery.payload import Payloads
from shared.notices.delivery.ports import Parcel
from shared.notices.notice import Notice
from shared.playbooks.stored import encode_diagnosis
from shared.redaction import UserIds
from tests.incidents.fake_incidents import FakeDocuments
from tests.notices.diagnoses import expired_tokens, playbook
from tests.notices.fake_outbox import StandingClock
from tests.notices.milestones import FAILURES, ended, explained, opened
from tests.secrets_by_shape import SECRETS

NINE = datetime(2026, 11, 21, 9, tzinfo=UTC)
LINKS = Links(report="https://watch.example/r", acknowledge="https://watch.example/a")
DECLARED = Declared(
    "VT6L-1P8", "VT6L-1P8: Web PubSub, West Europe", "Web PubSub", "https://status.example", is_own=True
)
INCIDENTS = {
    "opened": opened(),
    "explained": replace(explained(), acknowledgement=Acknowledgement("Ann", NINE)),
    "silenced": replace(opened(), silence=CardSilence(NINE + timedelta(hours=1), "Ann")),
    "declared": replace(opened(), declared=(DECLARED,), follows="an-earlier-one"),
    **{str(ending): ended(ending) for ending in Ending},
}


def notice_of(incident: Incident, milestone: str = "opened", revision: int = 1) -> Notice:
    return Notice.of_milestone(incident, Notification(revision, Milestone(milestone)), "pager", NINE)


def payload_of(incident: Incident, *milestones: str, is_repeat: bool = False) -> dict[str, Any]:
    """Return what is sent of an incident; it went through JSON as it does on its way."""
    documents = FakeDocuments()
    documents.put("diagnoses/1.json", encode_diagnosis(expired_tokens()))
    payloads = Payloads(
        incident={incident.id: incident}.get,
        documents=lambda: documents,
        playbooks={FAILURES: playbook()},
        links=lambda _: LINKS,
        users=UserIds(),
        clock=StandingClock(NINE + timedelta(seconds=2)),
    )
    notices = [notice_of(incident, name, number) for number, name in enumerate(milestones or ("opened",), 1)]
    card = draw_milestone(incident, Milestone(notices[-1].milestone), playbook=playbook())
    sent = payloads.payload(Parcel(notices, message(card), is_repeat))
    return dict(json.loads(json.dumps(sent)))


def faults(payload: Mapping[str, Any]) -> list[str]:
    return [error.message for error in schema_validator().iter_errors(payload)]


@pytest.mark.parametrize("name", INCIDENTS)
def test_every_incident_is_as_documented(name: str) -> None:
    assert [] == faults(payload_of(INCIDENTS[name]))


@pytest.mark.parametrize("state", State)
def test_every_state_and_milestone_is_documented(state: State) -> None:
    documented = json.loads(SCHEMA.read_text(encoding="utf-8"))
    incident = documented["$defs"]["incident"]["properties"]

    assert state in incident["state"]["enum"]
    for milestone in Milestone:
        assert milestone in documented["properties"]["milestone"]["description"]
    assert {None, *map(str, Ending)} == set(incident["ending"]["enum"])


def test_every_field_is_documented_and_every_documented_field_is_there() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    payload = payload_of(INCIDENTS["explained"], "cause found")
    incident = schema["$defs"]["incident"]

    assert set(payload) == set(schema["properties"]) == set(schema["required"])
    assert set(payload["incident"]) == set(incident["properties"]) == set(incident["required"])
    assert set(payload["incident"]["links"]) == set(incident["properties"]["links"]["required"])
    assert set(payload["incident"]["cause"]) == set(incident["properties"]["cause"]["oneOf"][1]["required"])


def test_the_example_of_the_page_is_as_documented() -> None:
    page = (ROOT / "docs/webhook.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)

    assert [] == faults(json.loads(example))


def test_the_lines_of_the_page_verify_what_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    from shared.cloud.webhooks import signed_headers, signing_keys

    page = (ROOT / "docs/webhook.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    given: dict[str, Any] = {}
    exec(code, given)  # it is what a reader would copy
    monkeypatch.setattr(given["time"], "time", NINE.timestamp)
    key, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"id":"a"}'
    headers = signed_headers("a", NINE, body, signing_keys("KEY", key))

    assert given["is_genuine"](headers, body, key)
    assert not given["is_genuine"](headers, body + b" ", key)


def test_a_cause_comes_with_its_evidence_and_its_steps() -> None:
    cause = payload_of(explained(), "cause found")["incident"]["cause"]

    assert ("token-expired", "Clients present expired access tokens") == (cause["id"], cause["title"])
    assert expired_tokens().finding("token-expired").evidence.summary == cause["evidence"]
    assert cause["steps"][0].startswith("Have the client fetch a new token before the old one ends")


def test_what_is_told_late_names_all_that_it_tells_and_the_latest_gives_the_id() -> None:
    payload = payload_of(explained(), "opened", "cause found")

    assert (["opened", "cause found"], "cause found") == (payload["milestones"], payload["milestone"])
    assert payload["id"].endswith("~pager/000002~cause-found")


def test_a_repeat_says_so_and_keeps_its_id() -> None:
    first, again = payload_of(opened()), payload_of(opened(), is_repeat=True)

    assert (False, True, first["id"]) == (first["repeat"], again["repeat"], again["id"])


def test_an_announcement_is_about_no_incident() -> None:
    card = message(draw_announcement("Blind on *contoso*", "No rows since 02:10 UTC.\n\nLook at *it*."))
    notice = Notice.about("blind", "pager", "announcement", NINE)
    payloads = Payloads(lambda _: None, FakeDocuments, {}, lambda _: LINKS, UserIds(), StandingClock(NINE))
    payload = payloads.payload(Parcel([notice], card, is_repeat=False))

    assert [] == faults(payload)
    assert ("announcement", "Blind on *contoso*", None) == (
        payload["type"],
        payload["title"],
        payload["incident"],
    )
    assert [r"Blind on \*contoso\*", "No rows since 02:10 UTC.", r"Look at \*it\*."] == payload["text"]


def test_an_incident_that_is_deleted_is_told_by_its_card() -> None:
    card, notice = message(draw_milestone(opened(), Milestone.OPENED)), notice_of(opened())
    payloads = Payloads(lambda _: None, FakeDocuments, {}, lambda _: LINKS, UserIds(), StandingClock(NINE))
    payload = payloads.payload(Parcel([notice], card, is_repeat=False))

    assert ("incident", None, []) == (payload["type"], payload["incident"], faults(payload))


def test_a_diagnosis_that_names_the_cause_no_more_costs_its_evidence_alone() -> None:
    payload = payload_of(replace(explained(), cause="a-cause-of-another-version"))

    assert (None, None, []) == (
        payload["incident"]["cause"]["title"],
        payload["incident"]["cause"]["evidence"],
        faults(payload),
    )


@pytest.mark.parametrize("shape", SECRETS)
def test_no_secret_leaves_in_a_payload(shape: str) -> None:
    line, secret = SECRETS[shape]
    incident = replace(opened(), signals={"refused-connects": line})

    assert secret not in json.dumps(payload_of(incident), ensure_ascii=False)


@settings(max_examples=30)
@given(st.text(max_size=3_000))
def test_any_text_is_cut_and_as_documented(text: str) -> None:
    payload = payload_of(replace(opened(), signals={f"signal-{n}": text for n in range(40)}))

    assert [] == faults(payload)
    assert all(len(numbers) <= 1_000 for numbers in payload["incident"]["signals"].values())
