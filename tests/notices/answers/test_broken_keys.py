"""A file of keys that cannot be used costs links, and not cards; `rotate-key` mends it."""

import base64
import json

import pytest

from shared.errors import InputError
from shared.notices.answers.keyring import KeyRing, SigningKey, StoredKeys, ring_to_text
from shared.notices.answers.signed_links import Action, SignedLinks, link_to, sign, verify
from shared.notices.cards.links import Links
from tests.notices.broken_lobby import broken_lobby
from tests.notices.fake_keys import NOW, FakeKeys, Hand, ring

GOOD = ring_to_text((SigningKey("a1", b"bell" * 8, NOW),))


def with_secret(secret: bytes) -> str:
    return GOOD.replace(base64.b64encode(b"bell" * 8).decode(), base64.b64encode(secret).decode())


BROKEN = {
    "empty": "",
    "blanks": " \n",
    "no JSON": "{keys",
    "another form": "[]",
    "no keys": "{}",
    "a ring without a key": '{"keys": []}',
    "keys that are a text": '{"keys": "a1"}',
    "a key that is a number": '{"keys": [7]}',
    "an empty secret": with_secret(b""),
    "a short secret": with_secret(b"bell"),
    "a secret that is no base64": GOOD.replace('"secret": "', '"secret": "*'),
    "an id that no link can name": GOOD.replace('"a1"', '"A1 "'),
    "a time that is none": GOOD.replace(NOW.isoformat(), "yesterday"),
    "nested without end": "[" * 100_000,
    "cut": GOOD[:-9],
}


def kept(text: str) -> tuple[FakeKeys, KeyRing]:
    store = FakeKeys()
    store.kept = StoredKeys(text, "7")
    return store, ring(store)


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_card_goes_without_links_where_no_key_can_be_used(text: str) -> None:
    _, broken = kept(text)
    links = SignedLinks(
        "https://lines.example.net/api", broken, Hand(), Links(playbooks="https://forge/pages")
    )

    assert Links(playbooks="https://forge/pages") == links(broken_lobby())
    assert links.maintenance("VLB1-123") is None


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_readiness_says_why_and_repeats_nothing_of_the_file(text: str) -> None:
    _, broken = kept(text)

    with pytest.raises(InputError, match=r"signing-keys\.json .*rotate-key") as caught:
        broken.check()
    assert base64.b64encode(b"bell" * 8).decode() not in str(caught.value)


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_rotation_mends_it(text: str) -> None:
    store, broken = kept(text)

    key = broken.rotate()

    broken.check()
    link = link_to(Action.RESOLVE, broken_lobby(), NOW)
    assert link == verify(sign(link, key), ring(store), NOW)
    assert 1 == len(json.loads(store.kept.text)["keys"]) if store.kept else False


def test_a_link_signed_with_an_empty_secret_opens_nothing() -> None:
    _, broken = kept(with_secret(b""))
    forged = sign(link_to(Action.RESOLVE, broken_lobby(), NOW), SigningKey("a1", b"", NOW))

    with pytest.raises(InputError):
        verify(forged, broken, NOW)


def test_before_the_first_link_there_is_nothing_to_check() -> None:
    ring(FakeKeys()).check()
