from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from local.__main__ import main
from shared.cloud.storage.incidents.incidents import TableIncidents
from shared.cloud.storage.notices.decisions import TableDecisions
from shared.notices.routing.decide import Decision, RoutingReason
from shared.notices.routing.decisions import RecordedDecision
from tests.notices.broken_lobby import OPENED_AT as NOW
from tests.notices.broken_lobby import incident
from tests.secrets_by_shape import JWT

if TYPE_CHECKING:
    from shared.cloud.storage.account import Storage


def test_every_decision_is_told_with_its_time_and_reason(
    storage: "Storage", capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    recorded_incident = TableIncidents(storage.table("incidents")).create(incident(), None)
    decisions = TableDecisions(storage.table("decisions"))
    held = Decision("on-call", RoutingReason.SILENCED, f"Silenced: access_token={JWT}", "night")
    other = Decision("leads", RoutingReason.NOT_ADDRESSED, "It goes to on-call.")
    decisions.keep(
        recorded_incident.id,
        [RecordedDecision(NOW, 1, "opened", held), RecordedDecision(NOW, 1, "opened", other)],
    )
    decision = Decision(
        "on-call", RoutingReason.DIGEST, "Told in the digest of the silence: people sleep", "night"
    )
    decisions.keep(
        recorded_incident.id, [RecordedDecision(NOW + timedelta(hours=3), 1, "digest night~1", decision)]
    )

    status = main(["explain", recorded_incident.id])

    heading, *lines = capsys.readouterr().out.splitlines()
    assert (0, ["When", "State", "Receiver", "Told", "Why"]) == (status, heading.split())
    assert [
        "2026-11-12 02:16 UTC opened leads no not addressed: It goes to on-call.",
        "2026-11-12 02:16 UTC opened on-call no silenced: Silenced: access_token=[redacted token]",
        "2026-11-12 05:16 UTC digest on-call yes in a digest: Told in the digest of the silence: people sleep",
    ] == [" ".join(line.split()) for line in lines]


def test_an_incident_of_which_nothing_was_decided_is_said_so(
    storage: "Storage", capsys: pytest.CaptureFixture[str]
) -> None:
    recorded_incident = TableIncidents(storage.table("incidents")).create(incident(), None)

    assert 0 == main(["explain", recorded_incident.id])
    assert "Nothing was decided about it yet.\n" == capsys.readouterr().out


def test_an_incident_that_is_not_there_is_refused(
    storage: "Storage", capsys: pytest.CaptureFixture[str]
) -> None:
    assert 2 == main(["explain", "lobby.drops.1"])
    assert "there is no incident lobby.drops.1; expected the id on its card" in capsys.readouterr().err
