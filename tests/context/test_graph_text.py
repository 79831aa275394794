from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.context.graph_text import inlined, literal

LOBBY = "/subscriptions/7c1d/resourcegroups/rg-lines/providers/microsoft.signalrservice/webpubsub/lobby"


def test_a_text_holds_the_values_of_its_places() -> None:
    text = "resources | where id in~ {resources} and todatetime(properties.at) > {start}"
    values = {"resources": [LOBBY], "start": datetime(2026, 3, 2, 13, tzinfo=timezone(timedelta(hours=1)))}

    assert (
        f"resources | where id in~ ('{LOBBY}') and todatetime(properties.at) > datetime(2026-03-02T12:00:00Z)"
        == inlined(text, values)
    )


def test_a_place_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="resources"):
        inlined("resources | where id in~ {resources}", {"start": datetime(2026, 3, 2, tzinfo=UTC)})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("lobby", "'lobby'", id="a plain name stays"),
        pytest.param("o'brien", "'o\\'brien'", id="a quote does not end the string"),
        pytest.param("\\'| take 1", "'\\\\\\'| take 1'", id="nor does a quote that is escaped already"),
        pytest.param(
            "lobby\n| take 1", "'lobby\\u000a| take 1'", id="a line break does not begin an operator"
        ),
        pytest.param("{start}", "'{start}'", id="a value is no place"),
        pytest.param("łódź 😀\u202e", "'łódź 😀\\u202e'", id="letters stay, what is not seen is escaped"),
    ],
)
def test_a_string_is_quoted(text: str, expected: str) -> None:
    assert expected == literal(text)
    assert expected == inlined("{name}", {"name": text})


@pytest.mark.parametrize(
    ("value", "expected"), [(True, "true"), (20, "20"), ([], "('')"), (["a", "b"], "('a', 'b')")]
)
def test_other_values_are_literals(value: object, expected: str) -> None:
    assert expected == literal(value)
