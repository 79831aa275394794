from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import InputError
from shared.queries.scope import Window, resource_id, resource_type

LOBBY = "/subscriptions/0a1b/resourcegroups/chat/providers/microsoft.signalrservice/webpubsub/lobby"
THREE = datetime(2026, 11, 20, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(LOBBY.upper(), id="an id in capitals"),
        pytest.param(LOBBY + "/", id="an id with a slash at its end"),
        pytest.param(LOBBY + "/replicas/lobby-west", id="the id of a replica"),
        pytest.param(f"  {LOBBY} ", id="an id with blanks around it"),
    ],
)
def test_keys_a_resource_by_its_parents_id_in_lower_case(text: str) -> None:
    assert resource_id(text) == LOBBY


@pytest.mark.parametrize("text", ["lobby", "", "/subscriptions/0a1b", LOBBY + "/hubs/trading-floor"])
def test_refuses_what_is_no_resource_id(text: str) -> None:
    with pytest.raises(InputError, match="is not an ARM resource id; expected /subscriptions/"):
        resource_id(text)


def test_tells_the_service_of_a_resource() -> None:
    assert resource_type(LOBBY) == "microsoft.signalrservice/webpubsub"


@pytest.mark.parametrize("length", [timedelta(0), -timedelta(hours=1)])
def test_refuses_a_window_that_does_not_end_after_its_start(length: timedelta) -> None:
    with pytest.raises(InputError, match="not after its start 2026-11-20T03:00:00Z"):
        Window(THREE, THREE + length)
