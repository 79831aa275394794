from datetime import timedelta

import pytest

from shared.errors import InputError
from shared.outages import DependencyDownError, Outages
from tests.tokens.desk_in_memory import NOON

LINE = "Web PubSub lobby"


def seconds(after: float) -> timedelta:
    return timedelta(seconds=after)


def is_known_down(outages: Outages, after: float) -> bool:
    try:
        outages.check(LINE, NOON + seconds(after))
    except DependencyDownError:
        return True
    return False


def test_after_a_pause_one_caller_asks_and_the_others_do_not_wait_for_it() -> None:
    outages = Outages()
    outages.note_failure(LINE, NOON)

    assert [True, False, True, True] == [is_known_down(outages, after) for after in (4.9, 5, 5.1, 9.9)]


def test_the_pause_doubles_up_to_a_minute() -> None:
    outages = Outages()
    pauses = [outages.note_failure(LINE, NOON).total_seconds() for _ in range(6)]

    assert [5, 10, 20, 40, 60, 60] == pauses


def test_an_answer_ends_it() -> None:
    outages = Outages()
    outages.note_failure(LINE, NOON)
    outages.note_answer(LINE)

    assert not is_known_down(outages, 0)
    assert seconds(5) == outages.note_failure(LINE, NOON)


@pytest.mark.parametrize(("asked", "pause"), [(1, 5), (17, 17), (3_600, 60)])
def test_what_the_service_asks_for_is_kept_within_a_minute(asked: float, pause: float) -> None:
    assert seconds(pause) == Outages().note_failure(LINE, NOON, seconds(asked))


def test_says_after_how_long_to_come_again() -> None:
    outages = Outages()
    outages.note_failure(LINE, NOON)

    with pytest.raises(DependencyDownError, match="is known to be down") as refused:
        outages.check(LINE, NOON + seconds(2))
    assert seconds(3) == refused.value.retry_after


def test_another_service_is_not_meant() -> None:
    outages = Outages()
    outages.note_failure("ACS", NOON)

    assert not is_known_down(outages, 0)


def test_asking_remembers_whether_it_was_answered() -> None:
    outages = Outages()
    with pytest.raises(DependencyDownError), outages.asking(LINE, NOON):
        raise DependencyDownError(LINE, seconds(17))

    assert is_known_down(outages, 16)
    with outages.asking(LINE, NOON + seconds(17)):
        pass
    assert not is_known_down(outages, 17)


def test_a_refusal_that_is_permanent_is_an_answer() -> None:
    outages = Outages()
    outages.note_failure(LINE, NOON)
    with pytest.raises(InputError), outages.asking(LINE, NOON + seconds(5)):
        raise InputError("hours", "it is out of range", "1")

    assert not is_known_down(outages, 5)


def test_who_only_looks_is_not_the_one_who_asks() -> None:
    outages = Outages()
    outages.note_failure(LINE, NOON)
    with pytest.raises(DependencyDownError):
        outages.refuse(LINE, NOON + seconds(4))

    outages.refuse(LINE, NOON + seconds(5))
    outages.refuse("ACS", NOON)
    assert not is_known_down(outages, 5)
