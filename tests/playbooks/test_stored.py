"""A diagnosis that was stored comes back whole."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import InputError
from shared.playbooks.diagnosis import (
    Conclusion,
    Diagnosis,
    Evidence,
    EvidenceKind,
    Finding,
    TableCoverage,
    Unexplained,
    Verdict,
)
from shared.playbooks.loading.load import load_library
from shared.playbooks.playbook import Playbook
from shared.playbooks.stored import decode_diagnosis, encode_diagnosis
from shared.queries.prelude import library
from tests.incidents.full_diagnosis import full_diagnosis
from tests.notices.diagnoses import NIGHT, RESOURCE, expired_tokens

SUMMARIES = st.text(max_size=40)
EVIDENCE = st.builds(
    Evidence,
    verdict=st.sampled_from(Verdict),
    strength=st.floats(0, 1),
    summary=SUMMARIES,
    onset=st.sampled_from([None, NIGHT.start]),
    numbers=st.dictionaries(SUMMARIES, st.one_of(st.none(), st.booleans(), st.integers(), SUMMARIES)),
    query=SUMMARIES,
    lacking=st.lists(SUMMARIES, max_size=2).map(tuple),
)
FINDINGS = st.builds(
    Finding,
    hypothesis=SUMMARIES,
    title=SUMMARIES,
    kind=st.sampled_from(EvidenceKind),
    evidence=EVIDENCE,
    rank=st.integers(0, 20),
    consequence_of=st.one_of(st.none(), SUMMARIES),
)


def with_a_cause_that_was_found(diagnosis: Diagnosis) -> Diagnosis:
    found = {finding.hypothesis for finding in diagnosis.findings}
    return diagnosis if diagnosis.cause in found else replace(diagnosis, cause=next(iter(found), None))


DIAGNOSES = st.builds(
    Diagnosis,
    playbook=SUMMARIES,
    title=SUMMARIES,
    resource=st.just(RESOURCE),
    window=st.just(NIGHT),
    conclusion=st.sampled_from(Conclusion),
    cause=st.one_of(st.none(), SUMMARIES),
    symptom=EVIDENCE,
    findings=st.lists(FINDINGS, max_size=3).map(tuple),
    missing=st.lists(SUMMARIES, max_size=2).map(tuple),
    next_step=SUMMARIES,
    load=st.dictionaries(SUMMARIES, st.floats(allow_nan=False), max_size=4),
    unexplained=st.lists(
        st.builds(Unexplained, SUMMARIES, st.integers(1), st.none() | st.integers(0)), max_size=3
    ).map(tuple),
    unexplained_total=st.none() | st.integers(0),
    coverage=st.lists(
        st.builds(
            TableCoverage,
            SUMMARIES,
            st.integers(0),
            *(st.sampled_from([None, NIGHT.start]) for _ in range(4)),
            st.integers(0),
            SUMMARIES,
        ),
        max_size=2,
    ).map(tuple),
).map(with_a_cause_that_was_found)


@settings(max_examples=50)
@given(DIAGNOSES)
def test_a_diagnosis_comes_back_as_it_was(diagnosis: Diagnosis) -> None:
    assert diagnosis == decode_diagnosis(encode_diagnosis(diagnosis))


def test_a_diagnosis_of_an_older_version_has_no_load_and_nothing_unexplained() -> None:
    document = json.loads(encode_diagnosis(expired_tokens()))
    for key in ("load", "unexplained", "unexplained_total", "coverage"):
        del document[key]

    assert expired_tokens() == decode_diagnosis(json.dumps(document))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"playbook": 3}'])
def test_refuses_what_is_no_stored_diagnosis(text: str) -> None:
    with pytest.raises(InputError, match="stored diagnosis"):
        decode_diagnosis(text)


def test_a_diagnosis_of_an_older_version_has_its_queries_whole() -> None:
    diagnosis = full_diagnosis(load_library()["web-pubsub-connection-failures"])
    document = json.loads(encode_diagnosis(diagnosis))
    for finding, evidence in zip(diagnosis.findings, document["findings"], strict=True):
        evidence["evidence"]["query"] = finding.evidence.query

    assert diagnosis == decode_diagnosis(json.dumps(document))


@pytest.mark.parametrize("page", load_library().values(), ids=lambda page: page.id)
def test_a_diagnosis_is_stored_without_the_library_and_read_with_it(page: Playbook) -> None:
    diagnosis = full_diagnosis(page)

    text = encode_diagnosis(diagnosis)

    assert diagnosis == decode_diagnosis(text)
    assert not any(f"let {name} = " in text for name in library())
    whole = sum(len(each.evidence.query) for each in diagnosis.findings)
    assert len(text) < whole / 4


def with_unknown_fields(part: object) -> object:
    if isinstance(part, list):
        return [with_unknown_fields(each) for each in part]
    if not isinstance(part, dict):
        return part
    # Numbers and the load have names of their own choice.
    known = {
        name: value if name in {"numbers", "load"} else with_unknown_fields(value)
        for name, value in part.items()
    }
    return {**known, "of_a_later_version": 7}


@settings(max_examples=20)
@given(DIAGNOSES)
def test_fields_of_a_later_version_are_passed_over(diagnosis: Diagnosis) -> None:
    document = with_unknown_fields(json.loads(encode_diagnosis(diagnosis)))

    assert diagnosis == decode_diagnosis(json.dumps(document))
