"""The appendix of a report says what queries share once, and stays small."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from shared.incidents.report.diagnosis_report import write_report
from shared.incidents.report.queries import parted
from shared.playbooks.loading.load import load_library
from shared.playbooks.playbook import Playbook
from tests.incidents.full_diagnosis import full_diagnosis

LIBRARY = load_library()
MOST_BYTES = 40_000


def queries_of(page: Playbook) -> list[str]:
    diagnosis = full_diagnosis(page)
    return [diagnosis.symptom.query, *(finding.evidence.query for finding in diagnosis.findings)]


def declared(text: str) -> list[str]:
    return re.findall(r"^let (\w+) = ", text, re.MULTILINE)


@pytest.mark.parametrize("page", LIBRARY.values(), ids=list(LIBRARY))
def test_the_shared_part_and_its_own_make_each_query_whole(page: Playbook) -> None:
    queries = queries_of(page)
    shared, own = parted(queries)

    for query, text in zip(queries, own, strict=True):
        together = f"{shared}\n{text}"
        assert set(declared(query)) <= set(declared(together))
        assert len(set(declared(together))) == len(declared(together))
        assert set(query.splitlines()) <= set(together.splitlines())


@pytest.mark.parametrize("page", LIBRARY.values(), ids=list(LIBRARY))
def test_what_the_shared_part_uses_stands_before_it(page: Playbook) -> None:
    shared, _ = parted(queries_of(page))
    names = set(declared(shared))

    earlier: set[str] = set()
    for statement in statements(shared):
        name = declared(statement)[0]
        used = set(re.findall(r"\w+", re.sub(r'"[^"]*"', "", statement))) & names - {name}
        assert used <= earlier | {name for name in used if f"{name} =" in statement.partition("=")[2]}
        earlier.add(name)


def statements(text: str) -> Iterator[str]:
    return (match[0] for match in re.finditer(r"^let \w+ = .*?;$", text, re.MULTILINE | re.DOTALL))


def test_two_meanings_of_one_name_are_not_shared() -> None:
    meanings = [f"let a = 1;\nlet b = {meaning};\nprint b\n" for meaning in (2, 2, 3)]

    shared, own = parted(meanings)

    assert "let a = 1;" == shared
    assert [f"let b = {meaning};\nprint b\n" for meaning in (2, 2, 3)] == own


@pytest.mark.parametrize("page", LIBRARY.values(), ids=list(LIBRARY))
def test_a_report_stays_below_forty_kilobytes(page: Playbook) -> None:
    text = write_report(full_diagnosis(page), page, severity=1)

    assert len(text.encode()) < MOST_BYTES
    assert text.count("let windowStart") <= 1


def test_a_query_without_room_is_named_by_the_command_that_prints_it() -> None:
    page = LIBRARY["web-pubsub-connection-failures"]
    diagnosis = full_diagnosis(page)
    long = replace(diagnosis.symptom, query=f"{diagnosis.symptom.query}// {'x' * MOST_BYTES}\n")

    text = write_report(replace(diagnosis, symptom=long), page)

    assert len(text.encode()) < MOST_BYTES
    (*_, last) = [token for token in MarkdownIt().parse(text) if token.type == "fence"]
    assert "linekeeper query web-pubsub-connection-failures" in last.content
