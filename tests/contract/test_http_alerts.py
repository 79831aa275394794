"""Alerts that are hostile, broken, huge or sent again and again: each is answered, in time, and says what is wrong."""

import codecs
import gzip
import json
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from local.azure.azurite import Azurite
from local.machine.certificates import certificate
from shared.alerts.receive import MOST_BYTES
from tests.alerts.sample import body, fired
from tests.contract.described import is_as_described
from tests.contract.served_app import EXAMPLES, OURS, PATIENCE, Served, served
from tests.secrets_by_shape import JWT

ALERT = fired("log-v2")
DEEP = 100_000
DIGITS = "9" * 5_000
LONG = MOST_BYTES - 4_096


@pytest.fixture(scope="module")
def app(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(azurite.environment_of(azurite.unused()), tmp_path_factory.mktemp("config")) as served_app:
        yield served_app


def told(app: Served, given: Any, **headers: str) -> tuple[int, str]:
    """Post a body; return the status and what was said, which is clear and tells nothing of ours."""
    answer = app.alert(given, headers)
    is_as_described("POST /alerts", answer)
    text = answer.json()["said"]
    assert answer.status_code in {202, 400, 413, 503}
    assert 202 == answer.status_code or "; expected " in text
    assert not OURS.search(answer.text), answer.text
    assert len(answer.text) < 1_000
    return answer.status_code, text


def altered(**essentials: Any) -> dict[str, Any]:
    """Return the alert with other essentials."""
    data = ALERT["data"]
    return {**ALERT, "data": {**data, "essentials": {**data["essentials"], **essentials}}}


def queued(app: Served) -> int:
    return app.storage.queue("alerts").get_queue_properties().approximate_message_count or 0


def padded(size: int) -> bytes:
    """Return an alert of exactly so many bytes."""
    empty = body({**ALERT, "padding": ""})
    return body({**ALERT, "padding": "x" * (size - len(empty))})


# ---- size ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "status"), [(MOST_BYTES, 202), (MOST_BYTES + 1, 413), (4 * 1024 * 1024, 413)]
)
def test_an_alert_has_at_most_256_kb(app: Served, size: int, status: int) -> None:
    found, text = told(app, padded(size))

    assert status == found
    assert 202 == found or f"it has {size} bytes; expected at most {MOST_BYTES}" == text


def test_an_alert_that_does_not_tell_its_size_is_asked_for_again(app: Served) -> None:
    """The host gives on no body without a length, and Azure would not send again what is refused."""
    whole = body(ALERT)
    pieces = (whole[start : start + 50] for start in range(0, len(whole), 50))

    assert (503, True) == ((answer := told(app, pieces))[0], "the body is empty" in answer[1])


def test_no_body_at_all_is_asked_for_again(app: Served) -> None:
    assert 503 == told(app, b"")[0]


# ---- encodings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(json.dumps(ALERT).encode("utf-16"), "byte 1 is not UTF-8", id="UTF-16"),
        pytest.param(json.dumps(ALERT).encode("utf-16-le"), "it is not JSON", id="UTF-16 without a mark"),
        pytest.param(json.dumps(ALERT).encode("utf-32"), "byte 1 is not UTF-8", id="UTF-32"),
        pytest.param('{"alertRule": "Störung"}'.encode("latin-1"), "byte 18 is not UTF-8", id="Latin-1"),
        pytest.param(gzip.compress(body(ALERT), mtime=0), "byte 2 is not UTF-8", id="gzip"),
        pytest.param(b'"\xed\xa0\x80"', "byte 2 is not UTF-8", id="a surrogate in UTF-8"),
        pytest.param(b"\xf8\x88\x80\x80\x80", "byte 1 is not UTF-8", id="five bytes for one character"),
        pytest.param(b"\x00" * 4_096, "it is not JSON", id="zeros"),
        pytest.param(b"schemaId=azureMonitorCommonAlertSchema", "it is not JSON", id="a form"),
        pytest.param(body(ALERT)[:-9], "it is not JSON", id="cut"),
    ],
)
def test_what_is_not_json_in_utf_8_is_told_so(app: Served, given: bytes, said: str) -> None:
    status, answer_text = told(app, given)

    assert (400, True) == (status, said in answer_text), answer_text


def test_a_byte_order_mark_does_no_harm(app: Served) -> None:
    assert 202 == told(app, codecs.BOM_UTF8 + body(ALERT))[0]


@pytest.mark.parametrize(
    "kind", ["text/plain; charset=utf-16", "application/xml", "a", "multipart/form-data"]
)
def test_the_named_type_is_not_believed(app: Served, kind: str) -> None:
    assert 202 == told(app, body(ALERT), **{"content-type": kind, "content-encoding": "identity"})[0]


# ---- JSON that is made to hurt -------------------------------------------------------------------


@pytest.mark.parametrize("pair", [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")], ids=str)
@pytest.mark.parametrize("closed", [True, False])
def test_a_nest_of_a_hundred_thousand_is_refused(app: Served, pair: tuple[str, str], closed: bool) -> None:
    repeats = min(DEEP, LONG // len("".join(pair)))
    nest = pair[0] * repeats + ("1" + pair[1] * repeats if closed else "")

    status, text = told(app, nest.encode())

    assert (400, True) == (status, "nested too deeply" in text), text


def test_a_nest_beside_a_good_alert_is_refused_too(app: Served) -> None:
    text = json.dumps({**ALERT, "more": "HERE"}).replace('"HERE"', "[" * DEEP + "]" * DEEP)

    assert (400, True) == (told(app, text.encode())[0], "nested" in told(app, text.encode())[1])


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "-1E-999", "9" * 4_000, "1e4300"]
)
@pytest.mark.parametrize("place", ["severity", "alertRule", "description", "alertTargetIDs"])
def test_numbers_without_bounds_do_no_harm(app: Served, place: str, number: str) -> None:
    text = json.dumps(altered(**{place: "HERE"})).replace('"HERE"', number)

    assert 202 == told(app, text.encode())[0]


def test_more_digits_than_a_number_may_have_are_no_json(app: Served) -> None:
    status, text = told(app, json.dumps({**ALERT, "n": "HERE"}).replace('"HERE"', DIGITS).encode())

    assert (400, True) == (status, "not JSON" in text)
    assert "99999" not in text


def test_of_a_key_that_comes_twice_the_last_counts(app: Served) -> None:
    text = json.dumps(ALERT)
    twice = text[:-1] + ', "schemaId": "another"}'

    assert (400, True) == (told(app, twice.encode())[0], "'another'" in told(app, twice.encode())[1])


@pytest.mark.parametrize(
    "strange", ["\ud800", "a\x00b", "\u202e\u200b", "\U0010ffff", "é" * 900, f"Bearer {JWT}"]
)
@pytest.mark.parametrize(
    "place", ["alertId", "alertRule", "severity", "description", "firedDateTime", "monitorCondition"]
)
def test_strange_letters_are_taken_or_refused_and_never_fail(app: Served, place: str, strange: str) -> None:
    status, text = told(app, body(altered(**{place: strange})))

    assert status == (400 if place in {"firedDateTime", "monitorCondition"} else 202)
    assert JWT not in text


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "%3D",
        "token=",
        "eyJ",
        "https://x@",
        '"',
        "\\",
        "&",
        "[(",
        "-----BEGIN ",
        "é",
        "password=\\",
        "+/",
    ],
)
@pytest.mark.parametrize(
    "place", ["alertRule", "description", "alertId", "monitorCondition", "alertTargetIDs"]
)
def test_no_text_takes_long_to_read(app: Served, place: str, unit: str) -> None:
    room = LONG // 2 // max(1, len(json.dumps(unit)) - 2)
    answer = app.alert(body(altered(**{place: unit * room})))

    assert answer.status_code in {202, 400}
    assert answer.elapsed < timedelta(seconds=PATIENCE)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
NAMES = sorted({*ALERT["data"]["essentials"], "resolvedDateTime", "alertTargetIDs"})


@EXAMPLES
@given(given=st.binary(min_size=1, max_size=300) | ANYTHING.map(lambda one: json.dumps(one).encode()))
@example(given=b"null")
@example(given=b'{"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials": []}}')
def test_anything_is_answered(app: Served, given: bytes) -> None:
    assert 400 == told(app, given)[0]


@EXAMPLES
@given(place=st.sampled_from(NAMES), value=ANYTHING)
def test_any_value_in_any_place_is_answered(app: Served, place: str, value: Any) -> None:
    assert told(app, body(altered(**{place: value})))[0] in {202, 400}


@EXAMPLES
@given(
    context=st.dictionaries(st.sampled_from(["condition", "properties", "conditionType", "status"]), ANYTHING)
)
def test_any_context_is_answered(app: Served, context: dict[str, Any]) -> None:
    payload = {**ALERT, "data": {**ALERT["data"], "alertContext": context, "customProperties": context}}

    assert 202 == told(app, body(payload))[0]


# ---- the same again ------------------------------------------------------------------------------


def test_an_alert_that_is_replayed_twenty_times_is_one(app: Served) -> None:
    payload, before = body(altered(alertId="replayed", originAlertId="replayed")), queued(app)
    answers = [app.alert(payload) for _ in range(20)]

    assert {202} == {answer.status_code for answer in answers}
    assert ["accepted"] + ["known already"] * 19 == [answer.json()["said"] for answer in answers]
    assert 1 == len({answer.json()["alert"] for answer in answers})
    assert before + 1 == queued(app)


# ---- requests that are not what the function is for ----------------------------------------------


@pytest.mark.parametrize(
    "path", ["/alerts", "/pubsub/chat/connect", "/respond", "/health/live", "/health/ready"]
)
@pytest.mark.parametrize(
    "method", ["PUT", "PATCH", "DELETE", "OPTIONS", "GET", "HEAD", "POST", "TRACE", "BREW"]
)
def test_a_method_that_no_function_has_does_nothing(app: Served, path: str, method: str) -> None:
    validated = {"OPTIONS", "GET", "POST"}
    methods = {
        "/alerts": {"POST"},
        "/pubsub/chat/connect": validated,
        "/respond": {"GET", "HEAD", "POST"},
    }.get(path, {"GET"})
    if method in methods:
        return
    answer = app.ask(method, path, b"{}", {"x-functions-key": app.host.key})

    assert answer.status_code in {404, 405}
    assert b"" == answer.content or 405 == answer.status_code


@pytest.mark.parametrize(
    "path", ["/alerts/", "//alerts", "/alerts%00", "/al%65rts", "/../alerts", "/%5B", "//["]
)
def test_a_strange_path_is_found_or_not(app: Served, path: str) -> None:
    answer = app.ask("POST", path, body(ALERT), {"x-functions-key": app.host.key})

    assert answer.status_code in {202, 404}


@pytest.mark.parametrize("key", [None, "", "wrong", "lo\u0441al", "local,local", "l" * 8_000])
def test_without_the_key_nothing_is_read(app: Served, key: str | None) -> None:
    headers = {} if key is None else {"x-functions-key": key.encode()}
    before = queued(app)
    answer = app.ask("POST", "/alerts", body(altered(alertId="a stranger's")), headers)

    assert (401, b"", before) == (answer.status_code, answer.content, queued(app))


VISIBLE = st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f")


@EXAMPLES
@given(given=st.text(VISIBLE, max_size=200), scheme=st.sampled_from(["", "Bearer ", "bearer  ", "Basic "]))
@example(given=JWT, scheme="Bearer ")
@example(given="a." * 6_000, scheme="Bearer ")
@example(given=f"{b64encode(b'[' * 9_000).decode()}.e30.", scheme="Bearer ")
def test_any_token_is_refused_by_name_where_tokens_are_asked_for(
    app: Served, given: str, scheme: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALERT_AUDIENCE", "api://linekeeper")
        patch.setenv("ALERT_TENANT", "contoso")
        patch.setenv("ENTRA_ENDPOINT", "https://127.0.0.1:9")
        answer = app.alert(body(ALERT), {"authorization": (scheme + given).strip().encode("latin-1")})
    # What looks like a token may be one: whether it is, the tenant would have to say, and it does not answer.
    can_be_read = given == JWT

    assert (503 if can_be_read else 401) == answer.status_code
    assert can_be_read or "Bearer" == answer.headers["WWW-Authenticate"]
    assert "; expected " in answer.json()["said"]
    assert not OURS.search(answer.text)


def raw(app: Served, request: bytes) -> int:
    """Send bytes as they are; return the status of the answer, or 0 where the connection was closed instead."""
    place = urlsplit(app.address)
    context = ssl.create_default_context(cafile=str(certificate()))
    with (
        socket.create_connection((place.hostname, place.port), timeout=PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname=place.hostname) as wire,
    ):
        try:
            wire.sendall(request)
            first = wire.recv(4_096)
        except (ConnectionError, ssl.SSLEOFError):
            return 0
    return int(first.split()[1]) if first else 0


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(b"".join(b"x-flood-%d: bell\r\n" % one for one in range(10_000)), id="ten thousand"),
        pytest.param(b"x-flood: " + b"a" * 1_000_000 + b"\r\n", id="one of a megabyte"),
        pytest.param(b"content-length: -1\r\n", id="a length below zero"),
        pytest.param(b"content-length: 5\r\ncontent-length: 7\r\n", id="two lengths"),
        pytest.param(b"content-length: 4\r\ntransfer-encoding: chunked\r\n", id="a length and chunks"),
        pytest.param(b"transfer-encoding: gzip\r\n", id="an unknown transfer"),
        pytest.param(b"x bell: 1\r\n", id="a name with a blank"),
        pytest.param(b"x-bell: \x00\xff\r\n", id="a zero"),
    ],
)
def test_a_flood_or_a_fault_in_the_headers_is_refused(app: Served, headers: bytes) -> None:
    status = raw(app, b"POST /api/alerts HTTP/1.1\r\nhost: lobby\r\n" + headers + b"\r\n0\r\n\r\n")

    assert status < 500
    assert status not in {200, 202}
    assert 200 == app.ask("GET", "/health/live").status_code
