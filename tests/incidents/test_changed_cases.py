"""Whole cases in which something changed: the right cause, the right change named, the unrelated one not blamed."""

from pathlib import Path
from typing import NamedTuple

import pytest

from local.azure.session import session_on
from local.output.results import write_results
from local.replay.case import find_case
from shared.context.change import LEAST_RELEVANCE
from shared.incidents.wording import change_lines
from shared.playbooks.diagnosis import Diagnosis, Verdict
from shared.playbooks.encode import as_json
from shared.playbooks.loading.load import load_library
from shared.playbooks.redact import redact_diagnosis
from shared.playbooks.run import diagnose
from shared.playbooks.stored import decode_diagnosis, encode_diagnosis
from shared.redaction import UserIds
from tests import drawn

USERS = UserIds("pepper")


class Told(NamedTuple):
    """What a case must say: its cause, words of the change to ask about, and of the one that is not to be blamed."""

    case: str
    cause: str
    names: tuple[str, ...]
    unrelated: str = ""  # a path or an operation


CASES = (
    Told("key-rotated-under-the-traders", "access-key-rotated", ("regeneratekey/action",), "tags/write"),
    Told("a-write-beside-a-regenerated-key", "access-key-rotated", ("regeneratekey/action",)),
    Told("restart-drops-the-dispatchers", "resource-changed", ("restart/action", "under way when it began")),
    Told("three-units-fewer-before-the-rush", "connection-quota-reached", ("sku.capacity from 4 to 1", "address-"), "tags.scaledBy"),
    Told("a-handler-with-a-new-address", "upstream-not-found", ("urlTemplate", "salon/lobby"), "tags.release"),
    Told("office-range-not-allowed", "network-acl-blocks", ("networkACLs.defaultAction from Allow to Deny",), "tags.owner"),
    Told("keys-switched-off-by-policy", "local-auth-disabled", ("disableLocalAuth from false to true",), "tags.policy"),
    Told("a-tag-beside-stale-tokens", "token-expired", (), "tags.costCentre"),
)  # fmt: skip
BY_CASE = {told.case: told for told in CASES}


def diagnosis_of(name: str) -> Diagnosis:
    case, library = find_case(name), load_library()
    with session_on(case.folder, case.scope) as session:
        found = diagnose(library[case.playbook], session.run, library, session.sources)
    return redact_diagnosis(found, USERS)


@pytest.mark.parametrize(
    "told", drawn.cases("cases in which something changed", BY_CASE, 3, of=BY_CASE.__getitem__)
)
def test_names_the_change_to_ask_about_and_blames_no_other(told: Told) -> None:
    diagnosis = diagnosis_of(told.case)
    recent = diagnosis.changes
    assert recent is not None
    said = " ".join(line for line in change_lines(diagnosis, most=1) if line.startswith("Changed before (a"))

    assert told.cause == diagnosis.cause
    assert all(word in said for word in told.names), said
    assert bool(told.names) == bool(said)
    if told.unrelated:
        assert told.unrelated not in said
        unrelated = [one for one in recent.changes if told.unrelated in f"{one.what} {one.edits}"]
        assert [True] == [one.relevance < LEAST_RELEVANCE for one in unrelated]
    blamed = [one for one in diagnosis.findings if one.evidence.verdict is Verdict.SUPPORTED]
    assert not any(
        told.unrelated and told.unrelated in one.evidence.summary.partition(";")[2] for one in blamed
    )


def test_everything_that_tells_a_diagnosis_tells_its_changes(tmp_path: Path) -> None:
    diagnosis = diagnosis_of("a-handler-with-a-new-address")
    write_results(diagnosis, load_library()[diagnosis.playbook], tmp_path)
    texts = {name: (tmp_path / name).read_text() for name in ("diagnosis.json", "card.json", "report.md")}

    assert diagnosis == decode_diagnosis(encode_diagnosis(diagnosis))
    assert as_json(diagnosis)["changes"]
    assert all("urlTemplate" in text for text in texts.values())
    for text in (*texts.values(), encode_diagnosis(diagnosis)):
        assert not any(secret in text for secret in ("bm90LWEt", "bob@contoso", "203.0.113."))
