"""Learned normals in Table Storage: the latest of each signal, those of one resource at once, and none that is not one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.cloud.storage.account import Storage
from shared.cloud.storage.signals.normals import TableNormals
from shared.objectives.learned import LearnedNormal
from shared.objectives.sequential.normal import Normal

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LOBBY = "/subscriptions/5f/resourcegroups/trading/providers/microsoft.signalrservice/webpubsub/lobby"
FOYER = LOBBY.replace("lobby", "foyer")
HANDSHAKES = LearnedNormal(
    LOBBY, "handshakes", Normal(NOON, NOON - timedelta(days=3), share=0.0012, dispersion=2.5, daily=0.0004)
)
CLOSES = LearnedNormal(LOBBY, "closes", Normal(NOON, None, share=0.01, dispersion=1000.0))


@pytest.fixture
def normals(storage: Storage) -> TableNormals:
    return TableNormals(storage.table("normals"))


def learned_at(moment: datetime) -> LearnedNormal:
    return replace(HANDSHAKES, normal=replace(HANDSHAKES.normal, learned_at=moment))


def test_normals_are_found_again_as_they_were_and_the_latest_of_a_signal_stays(normals: TableNormals) -> None:
    normals.keep([HANDSHAKES, CLOSES])
    normals.keep([replace(HANDSHAKES, resource=FOYER)])
    normals.keep([later := learned_at(NOON + timedelta(hours=1))])
    normals.keep([])

    assert [CLOSES, later] == sorted(normals.of(LOBBY), key=lambda each: each.signal)
    assert {LOBBY, FOYER} == {each.resource for each in normals.all()}
    assert 3 == len(normals.all())


def test_old_normals_are_deleted_and_others_are_not(normals: TableNormals) -> None:
    normals.keep([learned_at(NOON - timedelta(days=15)), CLOSES])
    normals.forget(NOON - timedelta(days=14))

    assert [CLOSES] == normals.all()


@pytest.mark.parametrize(
    "garbled",
    [
        {"share": 1.5},
        {"share": 0.0},
        {"share": float("nan")},
        {"dispersion": -1.0},
        {"dispersion": float("inf")},
        {"daily": -0.1},
        {"learned_at": "0001-01-01T00:00:00Z"},
        {"known_from": "2026-03-02T12:00:00"},
        {"resource": FOYER},
        {"signal": "closes"},
    ],
)
def test_a_row_that_is_no_normal_is_passed_over(
    storage: Storage, normals: TableNormals, garbled: dict[str, object]
) -> None:
    normals.keep([replace(HANDSHAKES, resource=FOYER)])
    normals.keep([HANDSHAKES])
    table = storage.table("normals")
    (row,) = table.query_entities("resource eq @resource", parameters={"resource": LOBBY})
    table.update_entity(row | garbled)

    assert [FOYER] == [each.resource for each in normals.all()]
