"""A schedule that the host would refuse is named with its setting and its field."""

import pytest

from shared.errors import InputError
from shared.health.schedules import check_schedule


@pytest.mark.parametrize(
    "expression",
    [
        "0 * * * * *",
        "30 * * * * *",
        "0 */5 9-17 * JAN-MAR,12 MON-FRI",
        "0,20,40 5/10 * 1-31/2 * 0-6",
        "*/5 * * * *",
        "00:05:00",
        "1.00:00:00",
        "5",
    ],
)
def test_takes_what_the_host_takes(expression: str) -> None:
    check_schedule("WATCH_SCHEDULE", expression)


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        pytest.param("* * * *", "'* * * *' has 4 fields", id="a field too few"),
        pytest.param("60 * * * *", "the minute of '60 * * * *' is '60'", id="a minute too many"),
        pytest.param("00:00:00", "'00:00:00' has 1 field;", id="no time at all"),
        pytest.param("00:60:00", "'00:60:00' has 1 field;", id="an hour of minutes"),
        pytest.param("minutely", "'minutely' has 1 field;", id="a word"),
        pytest.param("", "it is missing; expected six fields", id="nothing"),
        pytest.param("60 * * * * *", "the second of '60 * * * * *' is '60'", id="a second too many"),
        pytest.param("0 */0 * * * *", "the minute of '0 */0 * * * *' is '*/0'", id="a step of nothing"),
        pytest.param("0 0 24 * * *", "the hour of '0 0 24 * * *' is '24'", id="an hour that is none"),
        pytest.param("0 0 0 L * *", "the day of '0 0 0 L * *' is 'L'", id="a last day, known to cron only"),
        pytest.param("0 0 0 * 0 *", "the month of '0 0 0 * 0 *' is '0'", id="a month before January"),
        pytest.param("0 0 0 * * 7", "the day of week of '0 0 0 * * 7' is '7'", id="a Sunday named 7"),
        pytest.param("0 0 0 * * 1,,2", "the day of week of '0 0 0 * * 1,,2' is '1,,2'", id="an empty part"),
    ],
)
def test_names_the_setting_and_the_field_that_is_wrong(expression: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        check_schedule("WATCH_SCHEDULE", expression)

    assert caught.value.message.startswith(f"setting WATCH_SCHEDULE: {said}")
