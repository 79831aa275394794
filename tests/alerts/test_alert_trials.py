"""Every trial of alerts is answered as its `expect.json` says: posted to the app's own functions, on Azurite.

`resource` is what is watched; `posts` are alerts in order, with the clock (`at`), the `status` and the notices that were written
until then (`cards`); `incidents` are the symptoms of the open incidents at the end.
"""

import json
from datetime import datetime
from pathlib import Path

import pytest

from local.host import Host, functions_of_the_app
from local.replay.stage import StageClock
from shared.app.runtime import hosted
from shared.app.stores import incidents
from shared.cloud.storage.account import Storage

TRIALS = Path(__file__).parents[1] / "trials"
MINE = [one for one in functions_of_the_app() if one.name in {"receive_alert", "handle_alert"}]
ALERTS = sorted(
    file.parent.name
    for file in TRIALS.glob("*/expect.json")
    if json.loads(file.read_text(encoding="utf-8"))["kind"] == "alert"
)


@pytest.mark.parametrize("name", ALERTS)
def test_answers_a_trial(
    name: str, storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = json.loads((TRIALS / name / "expect.json").read_text(encoding="utf-8"))
    (tmp_path / "resources.yaml").write_text(f"resources:\n  - {expected['resource']}\n", encoding="utf-8")
    monkeypatch.setenv("CONFIG_FOLDER", str(tmp_path))
    monkeypatch.setenv("LOGS_WORKSPACE", "1a2b3c4d-0003-4000-8000-00000000c003")
    monkeypatch.setenv("IDENTITY_ENDPOINT", "https://127.0.0.1:9/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "nobody")
    monkeypatch.delenv("ALERT_AUDIENCE", raising=False)
    clock, host, came = StageClock(datetime.fromisoformat(expected["posts"][0]["at"])), Host(MINE), []
    with hosted(clock):
        for post in expected["posts"]:
            clock.moment = datetime.fromisoformat(post["at"])
            body = (TRIALS / name / post["file"]).read_bytes()
            answer = host.request("POST", "/api/alerts", {"x-functions-key": host.key}, body)
            host.drain()
            cards = len(list(storage.table("notices").list_entities()))
            came.append((answer.status_code, cards))

    assert [(post["status"], post["cards"]) for post in expected["posts"]] == came
    assert expected["incidents"] == [incident.symptom for incident in incidents(storage).open_ones()]
