import pytest

from shared.errors import InputError
from shared.incidents.message import key_from_message

DEEP = "[" * 100_000


def test_a_message_names_one_thing() -> None:
    assert "feed.web-pubsub-connection-drops.7" == key_from_message(
        '{"incident": "feed.web-pubsub-connection-drops.7"}', "work", "incident"
    )


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"incident": 7}', '{"stream": "x"}', '"x"', "null", DEEP]
)
def test_a_message_that_does_not_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(InputError, match=r"message of queue work.*expected"):
        key_from_message(text, "work", "incident")
