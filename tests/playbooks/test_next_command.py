import shlex
from datetime import UTC, datetime

from shared.playbooks.next_command import diagnose_command, fetch_command
from shared.queries.scope import Window

LOBBY = "/subscriptions/0a1b/resourcegroups/chat(prod)/providers/microsoft.signalrservice/webpubsub/lobby"
NIGHT = Window(datetime(2026, 11, 20, 3, tzinfo=UTC), datetime(2026, 11, 20, 4, tzinfo=UTC))


def test_fetches_every_table_of_the_resource_for_the_window() -> None:
    command = fetch_command(LOBBY, NIGHT, workspace="11111111-2222-3333-4444-555555555555")

    assert [
        *["linekeeper", "fetch", LOBBY, "--workspace", "11111111-2222-3333-4444-555555555555"],
        *["--from", "2026-11-20T03:00:00Z", "--to", "2026-11-20T04:00:00Z"],
    ] == shlex.split(command)


def test_leaves_the_workspace_to_the_person_who_knows_it() -> None:
    assert '--workspace "$WORKSPACE_GUID"' in fetch_command(LOBBY, NIGHT)
    assert '--workspace "$WORKSPACE_GUID"' in diagnose_command(LOBBY, NIGHT)


def test_diagnoses_a_folder_by_one_playbook() -> None:
    command = diagnose_command(LOBBY, NIGHT, playbook="web-pubsub-connection-drops", logs="last night")

    assert [
        *["linekeeper", "diagnose", "--logs", "last night", "--resource", LOBBY],
        *["--from", "2026-11-20T03:00:00Z", "--to", "2026-11-20T04:00:00Z"],
        *["--playbook", "web-pubsub-connection-drops"],
    ] == shlex.split(command)
