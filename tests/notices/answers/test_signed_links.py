"""A link is good for what it was signed for, in its time, and for nothing else."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from string import ascii_letters, digits
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.cloud.storage.account import Storage
from shared.cloud.storage.notices.keys import BlobKeys
from shared.errors import LinekeeperError
from shared.incidents.incident import CardSilence, Ending
from shared.incidents.lifecycle import states
from shared.notices.answers.keyring import StoredKeys
from shared.notices.answers.signed_links import (
    LIFETIMES,
    Action,
    Link,
    SignedLinks,
    derived,
    link_to,
    sign,
    verify,
)
from shared.races import LostRaceError
from shared.redaction import redact
from tests.door import Door
from tests.notices.broken_lobby import broken_lobby
from tests.notices.fake_keys import NOW, RING, FakeKeys, Hand, ring

LOBBY = "5f2a90c1d3e4b677.web-pubsub-connection-drops.3"
CHAT = "77aa90c1d3e4b600.acs-chat-message-delivery.1"


LINK = Link(Action.ACKNOWLEDGE, LOBBY, 0, 4, NOW + timedelta(hours=24))
TOKEN = sign(LINK, RING.newest())
LINKS = st.builds(
    Link,
    st.sampled_from(Action),
    st.sampled_from([LOBBY, CHAT]),
    st.integers(0, 999),
    st.integers(0, 99_999),
    st.integers(1, 24 * 3600).map(lambda seconds: NOW + timedelta(seconds=seconds)),
)


@given(LINKS)
def test_what_was_signed_is_read_back(link: Link) -> None:
    assert link == verify(sign(link, RING.newest()), RING, NOW)


@given(LINKS)
def test_a_link_stands_in_an_address_as_it_is(link: Link) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,400}", sign(link, RING.newest()))


@given(LINKS, st.data())
def test_any_changed_letter_is_refused(link: Link, data: st.DataObject) -> None:
    token = sign(link, RING.newest())
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters(codec="utf-8"))
    assume(letter != token[place])

    assert None is verify(token[:place] + letter + token[place + 1 :], RING, NOW)


def test_the_signature_has_one_spelling() -> None:
    """Four last letters stand for the same bytes in base64."""
    letters = set(ascii_letters + digits + "-_") - {TOKEN[-1]}

    assert set() == {letter for letter in letters if verify(TOKEN[:-1] + letter, RING, NOW)}


@given(st.integers(0, len(TOKEN) - 1))
def test_what_is_cut_off_is_refused(length: int) -> None:
    assert None is verify(TOKEN[:length], RING, NOW)


@pytest.mark.parametrize("more", [".", "=", "\n", "A", "%00", " "])
def test_what_is_added_is_refused(more: str) -> None:
    assert None is verify(TOKEN + more, RING, NOW)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(LINK, incident=CHAT), id="another incident"),
        pytest.param(replace(LINK, action=Action.RESOLVE), id="another action"),
        pytest.param(replace(LINK, occurrence=1), id="another occurrence"),
        pytest.param(replace(LINK, revision=5), id="another revision"),
        pytest.param(replace(LINK, expires_at=LINK.expires_at + timedelta(seconds=1)), id="a second longer"),
    ],
)
def test_a_signature_is_good_for_nothing_else(other: Link) -> None:
    signature = TOKEN.rpartition(".")[2]
    text = sign(other, RING.newest()).rpartition(".")[0]

    assert None is verify(f"{text}.{signature}", RING, NOW)


@given(st.text(max_size=600))
def test_whatever_else_is_sent_is_refused(text: str) -> None:
    assert None is verify(text, RING, NOW)


def test_the_same_number_written_otherwise_is_refused() -> None:
    assert None is verify(TOKEN.replace(".acknowledge.0.4.", ".acknowledge.00.4."), RING, NOW)


def test_a_link_ends_at_its_last_second() -> None:
    last = LINK.expires_at - timedelta(seconds=1)

    assert LINK == verify(TOKEN, RING, last)
    assert None is verify(TOKEN, RING, LINK.expires_at)


@pytest.mark.parametrize("action", list(Action))
def test_no_link_lasts_longer_than_its_action_allows(action: Action) -> None:
    beyond = replace(LINK, action=action, expires_at=NOW + LIFETIMES[action] + timedelta(minutes=6))

    assert None is verify(sign(beyond, RING.newest()), RING, NOW)


def test_another_installations_key_opens_nothing() -> None:
    stranger = replace(ring().newest(), id=RING.newest().id)

    assert None is verify(sign(LINK, stranger), RING, NOW)


def test_a_link_is_bound_to_the_incident_as_it_stands() -> None:
    incident = replace(broken_lobby(), reopened=2, revision=17)

    expected = Link(Action.REPORT, incident.id, 2, 17, NOW + timedelta(days=7))
    assert expected == link_to(Action.REPORT, incident, NOW)


def addressed(address: str | None) -> Link | None:
    assert address is not None
    return verify(parse_qs(urlsplit(address).query)["token"][0], RING, NOW)


def test_a_card_is_answered_by_links_that_are_each_good_for_one_thing() -> None:
    signed = SignedLinks("https://watch.example/api", RING, Hand())
    now = broken_lobby().opened_at
    held = states.acknowledged(broken_lobby(), "ada", now)
    links = signed(replace(held, silence=CardSilence(now + timedelta(hours=4), "ada")))
    ended = signed(states.resolved(held, Ending.BY_HAND, now))

    assert str(links.acknowledge).startswith("https://watch.example/api/respond?token=")
    answers = (links.acknowledge, links.silence, links.resolve, links.take_over, links.give_back)
    undone = (links.end_silence, ended.reopen)
    addresses = (
        *answers,
        *undone,
        links.report,
        links.playbook("any"),
        signed.maintenance("VN1K-9W8"),
        signed.board(),
    )
    valid_links = [addressed(address) for address in addresses]
    assert list(Action) == [link.action for link in valid_links if link]


def test_a_card_has_no_link_for_what_there_is_not_to_be_undone() -> None:
    links = SignedLinks("https://watch.example/api", RING, Hand())(broken_lobby())

    assert (None,) * 4 == (links.take_over, links.give_back, links.end_silence, links.reopen)


def test_who_only_looks_has_a_link_for_a_day() -> None:
    link = addressed(SignedLinks("https://watch.example/api", RING, Hand()).page(broken_lobby()))

    assert link is not None
    assert (Action.REPORT, timedelta(days=1)) == (link.action, link.expires_at - NOW)


@pytest.mark.parametrize("ending", [Ending.BY_HAND, Ending.HELD])
def test_an_incident_that_is_over_has_what_is_read_and_may_be_opened_again_by_hand(ending: Ending) -> None:
    trying = states.validating(broken_lobby(), broken_lobby().opened_at)
    over = states.resolved(trying, ending, broken_lobby().opened_at)
    links = SignedLinks("https://watch.example/api", RING, Hand())(over)

    assert (None, None, None) == (links.acknowledge, links.silence, links.resolve)
    assert (True, True) == (bool(links.report), bool(links.playbook("any")))
    assert (ending is Ending.BY_HAND) is bool(links.reopen)


@given(LINKS, st.sampled_from(Action), st.integers(0, 48 * 3600))
def test_a_link_that_a_page_offers_ends_with_that_of_the_page(link: Link, action: Action, age: int) -> None:
    offered = derived(link, action, broken_lobby(), NOW + timedelta(seconds=age))

    assert offered.expires_at <= link.expires_at
    assert offered.action is action


def test_a_link_in_a_text_of_ours_is_redacted() -> None:
    address = str(SignedLinks("https://watch.example/api", RING, Hand())(broken_lobby()).acknowledge)

    assert "https://watch.example/api/respond?token=[redacted token]" == redact(address)


# ---- the ring ------------------------------------------------------------------------------------


def test_two_instances_that_start_together_end_with_one_key() -> None:
    store = FakeKeys()
    first, second = ring(store), ring(store)
    assert None is first.find("00") is second.find("00")  # both have seen that there is none

    assert first.newest() == second.newest()


def test_both_keys_verify_during_a_rotation_and_the_newest_signs() -> None:
    keys = ring()
    before = keys.newest()
    after = keys.rotate()

    assert after == keys.newest() != before
    assert LINK == verify(sign(LINK, before), keys, NOW)
    assert LINK == verify(sign(LINK, after), keys, NOW)


def test_the_key_before_the_last_opens_nothing_any_more() -> None:
    keys = ring()
    oldest = keys.newest()
    keys.rotate()
    keys.rotate()

    assert None is verify(sign(LINK, oldest), keys, NOW)


def test_a_key_that_another_instance_made_is_found() -> None:
    store, clock = FakeKeys(), Hand()
    ours, theirs = ring(store, clock), ring(store, clock)
    ours.newest()
    fresh = theirs.rotate()
    clock.moment += timedelta(seconds=31)

    assert LINK == verify(sign(LINK, fresh), ours, NOW)


def test_a_rotation_is_seen_in_five_minutes_by_who_only_signs() -> None:
    store, clock = FakeKeys(), Hand()
    ours = ring(store, clock)
    ours.newest()
    fresh = ring(store, clock).rotate()
    clock.moment += timedelta(minutes=5)

    assert fresh == ours.newest()


def test_forged_keys_do_not_make_us_read_storage_for_each_request() -> None:
    store = FakeKeys()
    keys = ring(store)
    for number in range(1000):
        verify(TOKEN.replace(RING.newest().id, f"{number:08x}"), keys, NOW)

    assert 1 == store.reads


def test_ten_visitors_who_wait_together_are_told_after_one_attempt_to_read() -> None:
    door, store = Door(), FakeKeys()
    keys = ring(store)

    def read() -> StoredKeys | None:
        store.reads += 1
        if store.reads == 1:
            assert all(door.came.acquire(timeout=60) for _ in range(10))
        raise LinekeeperError("storage does not answer", permanent=False)

    store.read, keys._lock = read, door

    def told(_: int) -> str:
        with pytest.raises(LinekeeperError) as raised:
            verify(TOKEN, keys, NOW)
        return raised.value.message

    with ThreadPoolExecutor(10) as pool:
        messages = sorted(pool.map(told, range(10)))
    errors = ["the keys that sign links could not be read just now"] * 9
    assert ["storage does not answer", *errors] == messages
    assert 1 == store.reads


def test_a_rotation_beside_another_is_refused() -> None:
    store = FakeKeys()
    keys = ring(store)
    keys.newest()
    stored = store.read()
    ring(store).rotate()

    assert stored is not None
    with pytest.raises(LostRaceError):
        store.replace(stored.text, stored.etag)


def test_no_key_shows_its_secret() -> None:
    assert f"SigningKey({RING.newest().id})" == repr(RING.newest())


def test_instances_that_make_the_first_blob_at_once_end_with_one_key(storage: Storage) -> None:
    container = storage.container("keys")
    rings = [ring(BlobKeys(lambda: container)) for _ in range(6)]
    threads = [threading.Thread(target=keys.newest) for keys in rings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 1 == len({keys.newest() for keys in rings})
    assert rings[0].newest() == ring(BlobKeys(lambda: container)).newest()


def test_the_blob_is_replaced_only_as_it_was_read(storage: Storage) -> None:
    store = BlobKeys(lambda: storage.container("keys"))
    keys = ring(store)
    first = keys.newest()
    stored = store.read()
    second = keys.rotate()

    assert stored is not None
    with pytest.raises(LostRaceError):
        store.replace(stored.text, stored.etag)
    assert {first.id, second.id} == {key.id for key in (keys.find(first.id), keys.find(second.id)) if key}


def test_the_container_of_keys_is_private(storage: Storage) -> None:
    assert None is storage.container("keys").get_container_access_policy()["public_access"]
