"""An incident becomes a case that can be replayed to the same end."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from local.azure.session import logs_of
from local.azure.small_azure import small_azure
from local.exports import read_folder
from local.replay.case import CASES, Case, read_case
from local.replay.export import Archive, export
from local.workspace.database import Workspace
from shared.configuration.resources import WatchedResource
from shared.errors import InputError
from shared.incidents.incident import Entry, Incident, State
from shared.incidents.store import Documents, Incidents
from shared.playbooks.diagnosis import Diagnosis
from shared.playbooks.loading.load import load_library
from shared.playbooks.run import diagnose
from shared.playbooks.stored import encode_diagnosis
from shared.queries.logs import Failure, Logs, QueryError
from shared.queries.run import Run
from shared.redaction import UserIds

ID = "5c1a7d0e93b44d62.web-pubsub-connection-failures.1"
USERS = UserIds("salt of this export")


def archive_of(case: Case, logs: Logs) -> Archive:
    diagnosis = diagnose(case.known_playbook(), Run(logs, case.scope))
    window = case.scope.window
    incident = Incident(
        id=ID,
        resource=case.scope.resources[0],
        symptom=case.playbook,
        number=1,
        state=State.RESOLVED,
        opened_at=window.start,
        state_since=window.end,
        onset=window.start,
        last_bad=window.end,
        severity=2,
        document="diagnoses/1.json",
        timeline=(Entry(window.end, "cause found", "alice@example.org was refused"),),
    )
    stored_documents = {"diagnoses/1.json": encode_diagnosis(diagnosis)}
    watched = WatchedResource(incident.resource, "w", "w", "w", case.scope.applications)
    return Archive(
        incidents=cast(Incidents, SimpleNamespace(get={ID: incident}.get)),
        documents=cast(Documents, SimpleNamespace(get=stored_documents.get)),
        logs_over=lambda _: logs,
        resource={watched.id: watched}.get,
        playbooks=load_library(),
    )


@pytest.fixture(scope="module")
def case() -> Case:
    return read_case(CASES / "key-rotated-under-the-traders")


@pytest.fixture(scope="module")
def archive(case: Case) -> Iterator[Archive]:
    workspace = Workspace()
    workspace.load(read_folder(case.folder).tables)
    with small_azure(workspace) as azure:
        yield archive_of(case, logs_of(azure))


@pytest.fixture(scope="module")
def exported(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return read_case(export(archive, ID, tmp_path_factory.mktemp("cases"), USERS))


def test_is_a_case_of_the_same_resource_time_and_end(case: Case, exported: Case) -> None:
    names = ("playbook", "scope", "conclusion", "cause")

    assert [getattr(case, name) for name in names] == [getattr(exported, name) for name in names]
    assert (case.playbook,) == exported.incidents
    assert set(case.ruled_out) <= set(exported.ruled_out)


def test_every_row_of_every_table_is_there(case: Case, exported: Case) -> None:
    before, after = (
        {table: len(rows) for table, rows in read_folder(folder_case.folder).tables.items()}
        for folder_case in (case, exported)
    )

    assert before == after


def test_a_diagnosis_of_the_exported_rows_ends_as_it_did(
    archive: Archive, case: Case, exported: Case
) -> None:
    workspace = Workspace()
    workspace.load(read_folder(exported.folder).tables)
    with small_azure(workspace) as azure:
        diagnosis = diagnose(exported.known_playbook(), Run(logs_of(azure), exported.scope))

    assert shape(diagnosis) == shape(diagnose(case.known_playbook(), Run(archive.logs_over(()), case.scope)))


def shape(diagnosis: Diagnosis) -> list[Any]:
    findings = [
        (finding.hypothesis, finding.evidence.verdict, finding.evidence.strength)
        for finding in diagnosis.findings
    ]
    return [diagnosis.conclusion, diagnosis.cause, findings]


def test_no_user_of_the_incident_stands_in_a_file(case: Case, exported: Case) -> None:
    rows = [row for table in read_folder(case.folder).tables.values() for row in table]
    users = {str(row["UserId"]) for row in rows if row.get("UserId")}
    text = "".join(file.read_text(encoding="utf-8") for file in exported.folder.rglob("*.*"))

    assert users
    assert not [user for user in users if f'"{user}"' in text]
    assert "alice@example.org" not in text


def test_its_page_tells_what_is_known(exported: Case) -> None:
    page = (exported.folder / "README.md").read_text(encoding="utf-8")

    assert page.startswith("# ")
    assert "cause found" in page


def test_an_incident_that_nobody_knows_is_said(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no incident 'lobby'"):
        export(archive, "lobby", tmp_path, USERS)


def test_an_incident_without_a_diagnosis_is_said(archive: Archive, tmp_path: Path) -> None:
    fresh = replace(cast(Incident, archive.incidents.get(ID)), document=None)
    undiagnosed = replace(archive, incidents=cast(Incidents, SimpleNamespace(get={ID: fresh}.get)))

    with pytest.raises(InputError, match="not diagnosed"):
        export(undiagnosed, ID, tmp_path, USERS)


def test_logs_that_may_not_be_read_stop_it_and_leave_no_folder(archive: Archive, tmp_path: Path) -> None:
    class Forbidden:
        def query(self, text: str, within: timedelta) -> Any:
            raise QueryError(Failure.PERMISSION, "403")

    with pytest.raises(QueryError):
        export(replace(archive, logs_over=lambda _: Forbidden()), ID, tmp_path, USERS)

    assert [] == list(tmp_path.iterdir())


def test_the_expectation_is_json_with_its_window(exported: Case) -> None:
    fields = json.loads((exported.folder / "incident.json").read_text(encoding="utf-8"))

    assert {"playbook", "resource", "from", "to", "expect"} <= set(fields)
