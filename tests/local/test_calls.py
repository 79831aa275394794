from collections import Counter
from datetime import timedelta

from local.recording.calls import OUTLASTS_THE_KEEPALIVE, CallPlan


def test_one_plan_gives_the_same_calls_every_time() -> None:
    assert list(CallPlan().calls()) == list(CallPlan().calls())


def test_another_seed_gives_other_calls() -> None:
    assert not {call.call_connection_id for call in CallPlan(seed=1).calls()} & {
        call.call_connection_id for call in CallPlan(seed=2).calls()
    }


def test_plays_as_many_calls_of_each_kind_as_it_says() -> None:
    plan = CallPlan(never_answers=3, answers=2, stops_answering=1, answers_but_application_waits=4)
    expected = {"never answers": 3, "answers": 2, "stops answering": 1, "answers, application waits": 4}

    assert expected == Counter(call.peer for call in plan.calls())


def test_no_call_is_cut_to_a_limit_so_that_lengths_do_not_pile_up() -> None:
    plan = CallPlan()

    lengths = [call.lasts for call in plan.calls()]

    assert len(lengths) == len(set(lengths))
    assert plan.shortest <= min(lengths) <= max(lengths) <= plan.longest


def test_calls_that_the_keepalive_should_end_later_outlast_it() -> None:
    late = [call for call in CallPlan().calls() if 0 < call.pongs < 10 or call.play > timedelta(0)]

    assert 14 == len(late)
    assert all(call.lasts >= OUTLASTS_THE_KEEPALIVE for call in late)
