"""An entry comes into silences.yaml and goes out of it, and no other line changes."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.configuration.silence_text import silences_in, with_silence, without_silence
from shared.errors import InputError
from tests import drawn

ENTRY = {
    "reason": 'paint: the lobby\'s "bell" # é',
    "match": {"resource": ["*/webpubsub/lobby"], "severity": [3, 4]},
    "start": "2026-11-12T02:00:00Z",
    "end": "2026-11-12T04:00:00Z",
}
NIGHT = """\
  - reason: people sleep   # since the complaint
    match: {severity: [3, 4]}
    weekly:
      days: [mon, tue]
      from: "22:00"
      to: "06:00"
      zone: Europe/Berlin
"""
LOAD = (
    "  - {reason: load test, match: {owner: bob}, start: 2026-11-12T02:00:00Z, end: 2026-11-12T05:00:00Z}\n"
)
FILES = {
    "not there": "",
    "comments alone": "# what nobody needs to hear of\n\n# silences:\n#   - reason: x\n",
    "no entry by now": "# head\nsilences:   # none\n  # one was here\n",
    "an empty list": "silences: []\n",
    "a list in one line": "silences: [{reason: a, match: {owner: b}, weekly: {days: [mon], from: '1:00', to: '2:00', zone: UTC}}]  # tail\n",
    "a list in lines": f"# head\nsilences:\n  # the nights\n{NIGHT}\n  # the test\n{LOAD}# tail\n",
    "not indented": "silences:\n" + NIGHT.replace("\n  ", "\n").removeprefix("  ") + "\n",
    "no end of line": f"silences:\n{LOAD}".rstrip("\n"),
    "a byte order mark": f"\ufeffsilences:\n{LOAD}",
    "lines of Windows": f"silences:\n{NIGHT}{LOAD}".replace("\n", "\r\n"),
    "a dash of its own": "silences:\n  -\n    reason: a\n    match: {owner: b}\n    start: 2026-11-12T02:00:00Z\n    end: 2026-11-12T05:00:00Z\n",
    "a reason of several lines": "silences:\n  - match: {owner: b}\n    start: 2026-11-12T02:00:00Z\n    end: 2026-11-12T05:00:00Z\n    reason: |\n      a load test\n      of the lobby\n" + LOAD,
}  # fmt: skip

COMMENTS = ("# head", "# the nights", "# the test", "# tail", "# none", "# one was here", "# what nobody")


def ids(content: bytes) -> list[str]:
    return [silence.id for silence, _ in silences_in(content)]


def comments(content: bytes) -> list[str]:
    return [comment for comment in COMMENTS if comment in content.decode()]


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_an_entry_comes_in_beside_the_others(text: str) -> None:
    before = text.encode()
    after = with_silence(before, ENTRY)
    new = [silence for silence, _ in silences_in(after) if silence.id not in ids(before)]

    assert [ENTRY["reason"]] == [silence.reason for silence in new]
    assert set(ids(before)) < set(ids(after))
    assert comments(before) == comments(after)


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_an_entry_goes_out_and_the_others_stay(text: str) -> None:
    before = text.encode()
    added = with_silence(before, ENTRY)
    (new,) = set(ids(added)) - set(ids(before))

    assert ids(before) == ids(without_silence(added, new))
    for identifier in ids(before):
        after = without_silence(before, identifier)
        assert [other for other in ids(before) if other != identifier] == ids(after)
        assert comments(before) == comments(after)


def test_comments_around_an_entry_that_goes_out_stay() -> None:
    before = FILES["a list in lines"].encode()
    after = without_silence(before, ids(before)[0]).decode()

    assert f"# head\nsilences:\n  # the nights\n\n  # the test\n{LOAD}# tail\n" == after


def test_what_is_not_there_is_refused_with_what_is() -> None:
    with pytest.raises(
        InputError, match=r"'file-gone' is not a silence of silences\.yaml; expected one of file-"
    ):
        without_silence(FILES["no end of line"].encode(), "file-gone")


@pytest.mark.parametrize("text", ["silences:\n\t- a\n", "silence: []\n", "- a\n", "silences: {a: b}\n"])
def test_a_file_that_is_wrong_is_not_edited(text: str) -> None:
    with pytest.raises(InputError):
        with_silence(text.encode(), ENTRY)


CHANGES = st.lists(st.tuples(st.sampled_from(["add", "drop"]), st.integers(0, 5)), max_size=8)


@drawn.examples("edits of silences", 40, 1500)
@given(st.sampled_from(list(FILES.values())), CHANGES)
def test_any_number_of_edits_leaves_what_they_say(text: str, changes: Sequence[tuple[str, int]]) -> None:
    content, expected = text.encode(), set(ids(text.encode()))
    for number, (what, place) in enumerate(changes):
        if what == "add":
            content = with_silence(content, {**ENTRY, "reason": f"edit {number}"})
            (new,) = set(ids(content)) - expected
            expected |= {new}
        elif expected:
            identifier = sorted(expected)[place % len(expected)]
            content, expected = without_silence(content, identifier), expected - {identifier}
        assert expected == set(ids(content))
    assert comments(text.encode()) == comments(content)
