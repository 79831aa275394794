"""Links that are forged, expired, swapped or cut, and forms that are none: nothing is done, and people are told kindly."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from local.azure.azurite import Azurite
from shared.incidents.incident import Incident, State
from shared.notices.answers.keyring import SigningKey
from shared.notices.answers.request import MOST_BYTES
from shared.notices.answers.signed_links import LIFETIMES, Action, link_to, sign
from tests.contract.described import is_as_described
from tests.contract.served_app import EXAMPLES, FORM, NOW, OURS, Served, served

ADA = b"name=ada&hours=4"
UNDOING = [Action.TAKE_OVER, Action.GIVE_BACK, Action.END_SILENCE, Action.REOPEN]
ACTING = [Action.ACKNOWLEDGE, Action.SILENCE, Action.RESOLVE, *UNDOING]


@pytest.fixture(scope="module")
def app(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(azurite.environment_of(azurite.unused()), tmp_path_factory.mktemp("config")) as served_app:
        yield served_app


@pytest.fixture(scope="module")
def incident(app: Served) -> Incident:
    """Return an incident that no test of this module may change."""
    return app.incident()


def page(app: Served, method: str, query: str, given: Any = ADA, **headers: str) -> requests.Response:
    """Ask for a page; it shows nothing of ours."""
    answer = app.ask(method, f"/respond?{query}", given if method == "POST" else None, {**FORM, **headers})
    is_as_described(f"{method} /respond", answer)
    assert not OURS.search(answer.text), answer.text
    return answer


def said(answer: requests.Response) -> tuple[int, str]:
    match = re.search(r"<h1>(.*?)</h1>(?:<p>(.*?)</p>)?", answer.text, re.DOTALL)
    assert match is not None
    return answer.status_code, unescape(" ".join(part for part in match.groups() if part))


def refusal(app: Served) -> str:
    return page(app, "GET", "token=").text


def swapped(one: str, other: str, part: int) -> str:
    """Return a link with one of the eight parts of another."""
    mine, theirs = one.split(".", 7), other.split(".", 7)
    mine[part] = theirs[part]
    return ".".join(mine)


def forgeries(app: Served, incident: Incident) -> dict[str, str]:
    """Return links that look like one to an incident, as queries."""
    good = app.token(Action.ACKNOWLEDGE, incident)
    head, _, mac = good.rpartition(".")
    key_id = good.split(".")[1]
    stranger = sign(link_to(Action.RESOLVE, incident, NOW), SigningKey(key_id, b"guessed" * 4, NOW))
    again, late = app.token(Action.RESOLVE, app.incident()), LIFETIMES[Action.ACKNOWLEDGE]
    of_another = swapped(again, good, 1)
    incident_of_another = again.split(".", 6)[6].rpartition(".")[0]
    return {
        "nothing": "",
        "no token": "tokens=" + good,
        "an empty token": "token=",
        "signed with another secret": "token=" + stranger,
        "without a signature": "token=" + head,
        "with an empty signature": f"token={head}.",
        "cut by a letter": "token=" + good[:-1],
        "cut at the front": "token=" + good[1:],
        "longer by a letter": f"token={good}A",
        "another last letter": "token=" + good[:-1] + ("A" if good[-1] != "A" else "B"),
        "of a day ago": "token=" + app.token(Action.ACKNOWLEDGE, incident, late),
        "from the future": "token=" + app.token(Action.ACKNOWLEDGE, incident, -timedelta(hours=2)),
        "a later end": "token=" + re.sub(r"\.\d{10}\.", ".9999999999.", good),
        "an end that no calendar knows": "token=" + re.sub(r"\.\d{10}\.", ".999999999999.", good),
        "another version": "token=2" + good[1:],
        "another action": "token=" + good.replace("acknowledge", "resolve"),
        "an unknown action": "token=" + good.replace("acknowledge", "approve"),
        "another incident": f"token={good.replace(incident.id, incident_of_another)}",
        "another's signature": f"token={head}.{of_another.rpartition('.')[2]}",
        "an unknown key": "token=" + good.replace(f".{key_id}.", ".0000000000000000."),
        "another occurrence": "token=" + good.replace("acknowledge.0.", "acknowledge.1."),
        "zeros before a number": "token=" + good.replace("acknowledge.0.", "acknowledge.00."),
        "twice": f"token={good}&token={good}",
        "twice, the other empty": f"token={good}&token=",
        "a list": f"token[]={good}",
        "in capitals": "token=" + good.upper(),
        "digits of another script": "token=" + quote(good.replace(".0.", ".\u0660.")),
        "a dot of another script": "token=" + quote(good.replace(".", "\uff0e")),
        "an invisible letter": "token=" + quote(good + "\u200b"),
        "a zero": f"token={good}%00",
        "a new line": f"token={good}%0A",
        "a blank": f"token=+{good}",
        "bytes that are not UTF-8": f"token={good}%FF%FE",
        "a half of a pair": f"token={good}%ED%A0%80",
        "padded": f"token={good}=",
        "a script": "token=" + quote("<script>alert(1)</script>"),
        "a path": "token=../../etc/passwd",
        "four thousand dots": "token=" + "." * 4_000,
        "eight kilobytes": "token=" + "1." * 4_000,
        "a thousand parameters": "&".join(f"token{number}=1" for number in range(1_000)),
        "the rest of the signature in another": f"token={head}&mac={mac}",
    }


# ---- links ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_forged_expired_swapped_or_cut_link_is_refused_alike(
    app: Served, incident: Incident, method: str
) -> None:
    expected, before = refusal(app), app.now(incident)
    answers = {name: page(app, method, query) for name, query in forgeries(app, incident).items()}

    assert {} == {
        name: (answer.status_code, answer.text[:300])
        for name, answer in answers.items()
        if (403, expected) != (answer.status_code, answer.text)
    }
    assert before == app.now(incident)


def test_the_refusal_says_what_is_wrong_and_what_to_do(app: Served) -> None:
    status, text = said(page(app, "GET", "token=forged"))

    assert 403 == status
    assert text.startswith(
        "This link cannot be used. It is too old, or it did not arrive whole. Open the newest card"
    )
    assert text.endswith("nothing was changed.")


@pytest.mark.parametrize("part", range(1, 8))
@pytest.mark.parametrize("action", list(Action))
def test_no_part_of_a_link_fits_into_another(
    app: Served, incident: Incident, action: Action, part: int
) -> None:
    other = Action.RESOLVE if action is not Action.RESOLVE else Action.SILENCE
    mine = app.token(action, incident)
    mixed = swapped(mine, app.token(other, app.incident(), timedelta(minutes=1)), part)

    assert mine == mixed or 403 == page(app, "POST", f"token={mixed}").status_code
    assert State.DETECTED is app.now(incident).state


@EXAMPLES
@given(data=st.data())
def test_a_link_with_any_letter_changed_is_refused(
    app: Served, incident: Incident, data: st.DataObject
) -> None:
    good = app.token(Action.RESOLVE, incident)
    place = data.draw(st.integers(0, len(good) - 1))
    letter = data.draw(st.characters(codec="utf-8").filter(lambda one: one != good[place]))
    query = f"token={quote(good[:place] + letter + good[place + 1 :], safe='')}"

    assert 403 == page(app, "POST", query).status_code
    assert State.DETECTED is app.now(incident).state


@EXAMPLES
@given(
    query=st.binary(max_size=60).map(lambda raw: quote(raw, safe="&=+;%")) | st.text(max_size=60).map(quote)
)
def test_any_query_is_refused(app: Served, query: str) -> None:
    assert 403 == page(app, "GET", query).status_code


# ---- forms ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "headers", "status"),
    [
        pytest.param(b"name=" + b"a" * (MOST_BYTES - 4), {}, 413, id="a byte too many"),
        pytest.param(b"name=" + b"a" * 2_000_000, {}, 413, id="two megabytes"),
        pytest.param(b"&".join([b"name=ada"] * 11), {}, 400, id="eleven fields"),
        pytest.param("name=ada".encode("utf-16"), {}, 400, id="UTF-16"),
        pytest.param("name=Zoë".encode("latin-1"), {}, 400, id="Latin-1"),
        pytest.param("name=Zoë".encode(), {}, 400, id="UTF-8 that is not escaped"),
        pytest.param(b"\xef\xbb\xbfname=ada", {}, 400, id="a byte order mark"),
        pytest.param(b"\x1f\x8b\x08\x00", {}, 400, id="gzip"),
        pytest.param(b"name=%FF%FE%00", {}, 400, id="a name of bytes that are not text"),
        pytest.param(b"name=%ED%A0%80", {}, 400, id="a name of half a pair"),
        pytest.param(b"name=%E2%80%8B%00%0A", {}, 400, id="a name that none can see"),
        pytest.param(b"name", {}, 400, id="no value"),
        pytest.param(b"", {}, 400, id="nothing"),
        pytest.param(b'{"name": "ada"}', {"content-type": "application/json"}, 415, id="JSON"),
        pytest.param(ADA, {"content-type": "multipart/form-data; boundary=a"}, 415, id="multipart"),
        pytest.param(ADA, {"content-type": ""}, 415, id="no type"),
        pytest.param(ADA, {"sec-fetch-site": "cross-site"}, 403, id="another site"),
        pytest.param(ADA, {"origin": "https://lobby.example"}, 403, id="another origin"),
        pytest.param(ADA, {"origin": "https://[::1"}, 403, id="an origin that is not an address"),
        pytest.param(
            ADA, {"origin": "https://lobby.example\u00a0"}, 403, id="an origin with a strange blank"
        ),
    ],
)
def test_what_is_no_form_of_our_page_does_nothing(
    app: Served, incident: Incident, given: bytes, headers: dict[str, str], status: int
) -> None:
    before = app.now(incident)
    answers = [
        page(app, "POST", f"token={app.token(action, incident)}", given, **headers) for action in ACTING
    ]

    assert [status] * len(ACTING) == [answer.status_code for answer in answers]
    assert before == app.now(incident)
    assert all(len(said(answer)[1]) > 5 for answer in answers)


@EXAMPLES
@given(given=st.binary(max_size=400))
def test_any_bytes_for_a_form_are_answered(app: Served, incident: Incident, given: bytes) -> None:
    answer = page(app, "POST", f"token={app.token(Action.SILENCE, incident)}", given)

    assert 400 == answer.status_code
    assert State.DETECTED is app.now(incident).state


@EXAMPLES
@given(name=st.text(min_size=1, max_size=200))
def test_any_name_is_taken_or_asked_for_again(app: Served, name: str) -> None:
    form = f"name={quote(name.encode('utf-8', 'replace'))}".encode()
    answer = page(app, "POST", f"token={app.token(Action.ACKNOWLEDGE, app.incident())}", form)

    assert answer.status_code in {200, 400}


def test_a_form_that_is_replayed_acts_once(app: Served) -> None:
    mine = app.incident()
    query = f"token={app.token(Action.ACKNOWLEDGE, mine)}"
    answers = [page(app, "POST", query) for _ in range(20)]

    assert {200} == {answer.status_code for answer in answers}
    assert ["by ada (unverified)"] == [
        entry.text for entry in app.now(mine).timeline if entry.what == "acknowledged"
    ]


# ---- headers that claim --------------------------------------------------------------------------


def claims(name: str) -> str:
    return b64encode(
        json.dumps({"name_typ": "name", "claims": [{"typ": "name", "val": name}]}).encode()
    ).decode()


@pytest.mark.parametrize("off", [None, "", "false", "1", "yes"])
def test_a_principal_is_not_believed_where_authentication_is_off(
    app: Served, monkeypatch: pytest.MonkeyPatch, off: str | None
) -> None:
    if off is not None:
        monkeypatch.setenv("WEBSITE_AUTH_ENABLED", off)
    mine = app.incident()
    forged = {
        "x-ms-client-principal": claims("ceo@contoso.com"),
        "x-ms-client-principal-name": "ceo@contoso.com",
        "x-ms-client-principal-id": "1",
        "x-ms-client-principal-idp": "aad",
    }
    query = f"token={app.token(Action.ACKNOWLEDGE, mine)}"

    assert "ceo@contoso.com" not in page(app, "GET", query, **forged).text
    assert "ceo@contoso.com" not in page(app, "POST", query, **forged).text
    assert ["by ada (unverified)"] == [
        entry.text for entry in app.now(mine).timeline if entry.what == "acknowledged"
    ]


@pytest.mark.parametrize(
    "principal", ["%%%", "bnVsbA==", b64encode(b"[" * 9_000).decode(), claims("\u202e"), "é" * 99]
)
def test_a_principal_that_cannot_be_read_is_nobody(
    app: Served, incident: Incident, monkeypatch: pytest.MonkeyPatch, principal: str
) -> None:
    monkeypatch.setenv("WEBSITE_AUTH_ENABLED", "true")
    headers = {"x-ms-client-principal": principal.encode("latin-1").decode("latin-1")}
    answer = page(app, "POST", f"token={app.token(Action.RESOLVE, incident)}", b"name=", **headers)

    assert (400, True) == (answer.status_code, "Please give your name." in answer.text)
