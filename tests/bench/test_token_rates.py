from bench.token_rates import Times, token_app


def test_everything_is_called_as_often_as_the_sdk_with_http_and_without() -> None:
    with token_app() as app:
        alone, behind = app.alone(3), app.behind_http(8)

    assert {3} == {len(times.each) for times in alone.values()}
    assert {8} == {len(times.each) for times in behind.values()}
    assert [contender.name for contender in app.contenders] == list(alone) == list(behind)


def test_times_tell_how_many_a_second_and_the_slowest_of_a_hundred() -> None:
    times = Times([0.001] * 98 + [0.1, 0.2], whole=4.0)

    assert (25.0, 200.0) == (times.per_second, times.p99_ms)
