"""What the stand-in writes into its logs is published, or known to no playbook."""

import pytest

from local.pubsub.texts import Published, Unpublished
from local.rows.pubsub_log import SCOPE
from local.workspace import kql
from local.workspace.database import Workspace
from shared.queries.prelude import complete

BLANKS = {
    "expected": "a",
    "actual": "b",
    "hub": "lobby",
    "status": 404,
    "url": "https://floor.example",
    "origins": "",
}
READ = {
    Published.STARTED: "unclassified",
    Published.AUDIENCE: "audience",
    Published.CONNECTION_COUNT: "connection-limit",
    Published.RELOADING: "reload",
    Published.CONNECT_ANSWERED: "upstream",
    Published.TARGET_INVALID: "upstream",
    Published.ORIGIN_MISSING: "abuse-protection",
    Published.VALIDATION_ANSWERED: "abuse-protection",
}


@pytest.mark.parametrize("text", Published, ids=lambda text: text.name)
def test_every_published_text_says_where(text: Published) -> None:
    assert text.source.startswith("https://learn.microsoft.com/azure/azure-web-pubsub/")


def test_the_playbooks_read_what_is_published_and_nothing_else() -> None:
    texts = {text.text(**BLANKS): reason for text, reason in READ.items()}
    texts |= {text.text(): "unclassified" for text in Unpublished}
    rows = ", ".join(f'"{text}"' for text in texts)
    check = f"datatable(Said:string)[{rows}]\n| extend Reason = pubsubReason(Said)\n| project Said, Reason"

    answer = kql.run(Workspace(), complete(check, SCOPE))

    assert set(Published) == set(READ)
    assert texts == {str(text): str(reason) for text, reason in answer.rows()}
