import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from local.replay.case import find_case, read_case
from local.replay.diagnoses import diagnoses_of
from shared.errors import InputError
from shared.playbooks.loading.load import load_library
from shared.playbooks.playbook import Playbook

LOBBY = "/subscriptions/0a1b/resourceGroups/chat/providers/Microsoft.SignalRService/WebPubSub/lobby"


DROPS = "web-pubsub-connection-drops"


def of_two_hypotheses() -> Mapping[str, Playbook]:
    """Return the playbook with two of its hypotheses: how often it is run does not depend on how many it has."""
    page = load_library()[DROPS]
    hypotheses = (page.hypothesis("ping-timeout"), page.hypothesis("slow-client"))
    return {DROPS: replace(page, hypotheses=hypotheses)}


def case_folder(folder: Path, arrives: str) -> Path:
    """Write a night in which 30 of 60 lines are cut by a missing pong; their rows arrive when it is said."""
    (folder / "tables").mkdir()
    kinds = [("ConnectionStarted", "Connection started"), ("ConnectionAborted", "Connection ping timeout")]
    rows = [
        {
            "TimeGenerated": f"2026-11-20T03:{second // 60 + 10:02}:{second % 60:02}Z",
            "OperationName": kind,
            "Message": message,
            "ConnectionId": f"c{second}",
            "_ResourceId": LOBBY,
            "_IngestionTime": arrives,
        }
        for second in range(60)
        for kind, message in kinds[: 1 + second % 2]
    ]
    table = folder / "tables" / "WebPubSubConnectivity.ndjson"
    table.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    incident = {
        "playbook": DROPS,
        "resource": LOBBY,
        "from": "2026-11-20T03:00:00Z",
        "to": "2026-11-20T03:30:00Z",
        "expect": {"conclusion": "supported", "cause": "ping-timeout"},
    }
    (folder / "incident.json").write_text(json.dumps(incident), encoding="utf-8")
    return folder


def test_sees_nothing_of_rows_that_have_not_arrived(tmp_path: Path) -> None:
    looks = list(diagnoses_of(read_case(case_folder(tmp_path, "2026-11-20T03:32:00Z")), of_two_hypotheses()))

    assert ["no-data", "supported"] == [str(look.diagnosis.conclusion) for look in looks]
    assert looks[1].at - looks[0].at == timedelta(minutes=3)


def test_stops_looking_when_the_cause_is_found(tmp_path: Path) -> None:
    looks = list(diagnoses_of(read_case(case_folder(tmp_path, "2026-11-20T03:20:00Z")), of_two_hypotheses()))

    assert ["ping-timeout"] == [look.diagnosis.cause for look in looks]


def test_gives_up_after_the_last_look_when_the_rows_never_come(tmp_path: Path) -> None:
    looks = list(diagnoses_of(read_case(case_folder(tmp_path, "2026-11-20T09:00:00Z")), of_two_hypotheses()))

    assert 4 == len(looks)
    assert {"no-data"} == {str(look.diagnosis.conclusion) for look in looks}


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "incident.json:1"), ('{"playbook": "x"}', "'from' is missing"), ("[]", "not a JSON object")],
)
def test_refuses_a_case_that_cannot_be_read(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "incident.json").write_text(text, encoding="utf-8")

    with pytest.raises(InputError, match=said):
        read_case(tmp_path)


def test_a_case_with_metrics_tells_the_load_beside_its_cause() -> None:
    *_, last = diagnoses_of(find_case("quiz-fills-the-free-tier"))

    assert 38.0 == last.diagnosis.load["ServerLoad"]
    assert 120 / 65 == last.diagnosis.load["ReconnectChurn"]
    assert "ConnectionQuotaUtilization" not in last.diagnosis.load  # the free tier has none
