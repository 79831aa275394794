from pathlib import Path

import pytest

from local.__main__ import main


def test_an_alert_rule_for_a_symptom_that_no_playbook_has_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lobby = "/subscriptions/5f/resourceGroups/rt/providers/Microsoft.SignalRService/webPubSub/lobby"
    (tmp_path / "resources.yaml").write_text(f"resources:\n  - {lobby}\n", encoding="utf-8")
    (tmp_path / "alerts.yaml").write_text(
        'rules:\n  - {rule: "lobby-*", symptom: lobby-on-fire}\n', encoding="utf-8"
    )

    assert 2 == main(["config", "--folder", str(tmp_path)])
    assert capsys.readouterr().out.startswith(
        "alerts.yaml:2: unknown symptom 'lobby-on-fire'; expected one of acs-"
    )
