"""What is remembered of one text is never told of another."""

from pathlib import Path

from local.kusto.remembered import recall, remember

ANSWER = {"columns": [{"name": "Verdict", "type": "string"}]}


def test_recalls_the_answer_of_the_very_same_text(tmp_path: Path) -> None:
    remember("WebPubSubConnectivity | count", ANSWER, tmp_path)

    assert (ANSWER, None) == (
        recall("WebPubSubConnectivity | count", tmp_path),
        recall("WebPubSubConnectivity | count ", tmp_path),
    )


def test_forgets_an_answer_that_was_cut_off(tmp_path: Path) -> None:
    remember("WebPubSubConnectivity | count", ANSWER, tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_text('{"columns": [', encoding="utf-8")

    assert recall("WebPubSubConnectivity | count", tmp_path) is None
