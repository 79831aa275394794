"""Every KQL text of the playbooks passes Microsoft's own compiler, and the gate refuses what Azure would not answer."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.kusto.compiler import Compiled, compile_texts
from local.kusto.faults import ANSWER, Fault, faults
from local.kusto.places import Written, in_library, written_checks
from local.machine.node import NodeMissingError
from shared.playbooks.coverage.ask import coverage_query
from shared.playbooks.loading.load import LIBRARY as PLAYBOOKS
from shared.queries.prelude import complete, library
from shared.queries.scope import Scope, Window

LOBBY = "/subscriptions/s1/resourcegroups/rt/providers/microsoft.signalrservice/webpubsub/lobby"
SCOPE = Scope((LOBBY,), Window(datetime(2026, 11, 20, 9, tzinfo=UTC), datetime(2026, 11, 20, 10, tzinfo=UTC)))

# The prelude writes only the statements that a text names; a comment names them all.
# Columns of these names: a text that names every function and uses none.
ALL_FUNCTIONS = f"datatable({', '.join(f'{name}:int' for name in library())})[]"

COVERAGE = complete(
    coverage_query(["WebPubSubConnectivity", "ACSCallSummary", "AppTraces"], SCOPE.window), SCOPE
)

ANSWERS = """\
| summarize Count = count()
| project Verdict = iff(Count > 20, "supported", "refuted"), Strength = 0.5, Summary = "s", Onset = datetime(null)"""

PAGE = f"""\
---
id: trading-floor
---
# The trading floor falls silent

## Symptom

Traders stop seeing prices.

```kql
WebPubSubHttpRequest
| where TimeGenerated between (windowStart .. windowEnd) and ofResource(_ResourceId)
| where toint(StatusKode) == 401
{ANSWERS}
```
"""

GOOD = {
    "ingestion time": f"WebPubSubHttpRequest | where ingestion_time() > windowStart\n{ANSWERS}",
    "a number made of text": f"WebPubSubHttpRequest | where toint(StatusCode) in (401, 403)\n{ANSWERS}",
    "a subcode list with a name": "let relay = dynamic([3112, 301004]);\n"
    f"ACSCallSummary | extend Sub = toint(ParticipantEndSubCode) | where Sub in (relay)\n{ANSWERS}",
    "the empty text": f"ACSCallSummary | where ParticipantId != '' and CallType == 'P2P'\n{ANSWERS}",
    "another spelling, compared without case": f'ACSCallSummary | where EndpointType =~ "VoIP"\n{ANSWERS}',
    "a diagnostic after tolower()": "ACSCallClientOperations | extend P = todynamic(OperationPayload)\n"
    '| where tolower(tostring(P.DiagnosticChanged)) == "networkrelaysnotreachable"\n' + ANSWERS,
    "the beginning of a category": f'ACSCallSummary | where ResultCategory startswith "Unexpected"\n{ANSWERS}',
    "a function for columns of two tables": (
        "let failed = (result:string) { result in ('Failed', 'UnexpectedServerError') };\n"
        "union (ACSCallClientOperations | where failed(ResultType)),\n"
        f"      (ACSCallAutomationIncomingOperations | where failed(ResultType))\n{ANSWERS}"
    ),
    "a branch that exists": "WebPubSubConnectivity\n"
    f'| extend Kind = case(Message has "reloading", "reload", "other") | where Kind == "reload"\n{ANSWERS}',
}

# id: text, line and column of the fault, words of its message
BAD: Mapping[str, tuple[str, int, int, str]] = {
    "a misspelt column": (
        f"WebPubSubConnectivity\n| where Mesage has 'reloading'\n{ANSWERS}",
        2, 9, "'Mesage' does not refer to any known column",
    ),
    "an unknown table": (f"WebPubSubSocket\n{ANSWERS}", 1, 1, "'WebPubSubSocket' does not refer to any known"),
    "text ordered with a number": (
        f"WebPubSubHttpRequest | where StatusCode >= 400\n{ANSWERS}", 1, 41, "operand types string and long",
    ),
    "text equal to a number": (
        f"WebPubSubHttpRequest | where StatusCode == 401\n{ANSWERS}", 1, 30, "compares string == long",
    ),
    "text in a list of numbers": (
        f"ACSCallSummary | where ParticipantEndSubCode in (3112, 301004)\n{ANSWERS}", 1, 24, "compares string in long",
    ),
    "text in a named list of numbers": (
        f"let codes = dynamic([401]);\nWebPubSubHttpRequest | where StatusCode in (codes)\n{ANSWERS}",
        2, 30, "compares string in long",
    ),
    "a number equal to text": (
        f'WebPubSubHttpRequest | where toint(StatusCode) == "401"\n{ANSWERS}', 1, 30, "compares int == string",
    ),
    "an operation that does not exist": (
        f'WebPubSubConnectivity\n| where OperationName == "ClientConnection"\n{ANSWERS}',
        2, 26, "nearest known: ConnectionEnded",
    ),
    "an operation that does not exist, in a function": (
        (
            "let isOpen = (name:string) { name =~ 'ConnectionOpened' };\n"
            f"WebPubSubConnectivity | where isOpen(OperationName)\n{ANSWERS}"
        ),
        1, 38, "WebPubSubConnectivity.OperationName has no value for `=~ 'ConnectionOpened'`",
    ),
    "a subcode that does not exist, in a datatable": (
        (
            'let known = datatable(Code:string, Meaning:string)["3112", "no relay", "3113", "no such code"];\n'
            f"ACSCallSummary | lookup known on $left.ParticipantEndSubCode == $right.Code\n{ANSWERS}"
        ),
        1, 72, "ACSCallSummary.ParticipantEndSubCode has no value for `== '3113'`",
    ),
    "a subcode that does not exist, in a column joined by name": (
        (
            'let known = datatable(ParticipantEndSubCode:string)["3112", "3113"];\n'
            f"ACSCallSummary | join kind=inner known on ParticipantEndSubCode\n{ANSWERS}"
        ),
        1, 61, "ACSCallSummary.ParticipantEndSubCode has no value for `== '3113'`",
    ),
    "a modality that does not exist, behind toscalar()": (
        (
            "let lastSeen = toscalar(ACSCallAutomationStreamingUsage | summarize take_any(StreamingModality));\n"
            f'ACSCallSummary | where lastSeen == "Transcript"\n{ANSWERS}'
        ),
        2, 36, "nearest known: Transcription",
    ),
    "a branch that no case has": (
        (
            "WebPubSubConnectivity\n"
            f'| extend Kind = case(Message has "reloading", "reload", "other") | where Kind == "reloaded"\n{ANSWERS}'
        ),
        2, 82, "nearest known: reload",
    ),
    "a diagnostic that does not exist, after tolower()": (
        (
            "ACSCallClientOperations | extend P = todynamic(OperationPayload)\n"
            f'| where tolower(tostring(P.DiagnosticChanged)) == "networkrelaynotreachable"\n{ANSWERS}'
        ),
        2, 51, "nearest known: networkrelaysnotreachable",
    ),
    "one spelling of several": (
        f'ACSCallSummary | where EndpointType == "VoIP"\n{ANSWERS}', 1, 40, "spelt in several cases",
    ),
    "a property that nobody writes": (
        f"AppTraces | where todouble(Properties.lifetime) > 40\n{ANSWERS}", 1, 28, "nearest known: lifetime_s",
    ),
    "a missing Onset": (
        'print Verdict = "refuted", Strength = 0.0,\n      Summary = "nothing"',
        2, 1, "returns no column Onset, expected Onset:datetime",
    ),
    "a whole number as Strength": (
        'print Verdict = "refuted", Strength = 0, Summary = "", Onset = datetime(null)',
        1, 1, "returns Strength:long, expected Strength:real",
    ),
    "a blank line inside a block": (f"WebPubSubConnectivity\n\n{ANSWERS}", 2, 1, "blank line"),
    # Queries as they were published, on pages that readers trust.
    "the invented call table of a troubleshooting guide": (
        f'ACSCallDiagnosticsEvents | where MediaPathQuality == "None"\n{ANSWERS}',
        1, 1, "'ACSCallDiagnosticsEvents' does not refer",
    ),
    "the invented chat tables of a troubleshooting guide": (
        (
            "ACSChatMessageSentEvents\n"
            f"| join kind=leftanti (ACSChatMessageReceivedEvents) on ChatMessageId\n{ANSWERS}"
        ),
        2, 23, "'ACSChatMessageReceivedEvents' does not refer",
    ),
    "a column that the reference's own sample invents": (
        f"ACSAuthIncomingOperations | summarize Count = count() by OperationName, CallerIpAddress\n{ANSWERS}",
        1, 73, "'CallerIpAddress' does not refer",
    ),
    "a sort by a column that the documentation's query never made": (
        (
            "ACSCallSummary | where toint(ParticipantEndSubCode) == 3112 | summarize count() by Identifier\n"
            f"| order by ErrorCount desc\n{ANSWERS}"
        ),
        2, 12, "'ErrorCount' does not refer",
    ),
    "the documentation's comparison of a text subcode with a number": (
        f"ACSCallSummary | where ParticipantEndSubCode == 3112\n{ANSWERS}", 1, 24, "compares string == long",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("library")
    (folder / "trading-floor.md").write_text(PAGE, encoding="utf-8")
    (check,) = written_checks(folder)
    return check


@pytest.fixture(scope="module")
def compiled(page: Written) -> Mapping[str, Compiled]:
    """All texts of this module in one start of Node, by text."""
    own = [*GOOD.values(), *(text for text, *_ in BAD.values()), ALL_FUNCTIONS]
    texts = [complete(text, SCOPE) for text in own]
    texts += [check.complete(SCOPE) for check in [page, *written_checks(PLAYBOOKS)]]
    texts.append(COVERAGE)
    try:
        return {compiled.text: compiled for compiled in compile_texts(texts)}
    except NodeMissingError as missing:
        pytest.fail(str(missing), pytrace=False)


def own_faults(text: str, compiled: Mapping[str, Compiled]) -> list[Fault]:
    """The faults of a text, counted in its own lines."""
    whole = complete(text, SCOPE)
    before = whole.count("\n") - text.count("\n")
    return [Fault(fault.line - before, fault.column, fault.message) for fault in faults(compiled[whole])]


def described(check: Written, compiled: Mapping[str, Compiled]) -> list[str]:
    """The faults of a playbook's check, as an editor can jump to them."""
    whole = check.complete(SCOPE)
    return [
        f"{file}:{line}:{fault.column}: {fault.message}"
        for fault in faults(compiled[whole], answer=check.answer)
        for file, line in [check.place(whole, fault.line)]
    ]


def test_every_check_of_every_playbook_compiles_and_asks_only_for_what_exists(
    compiled: Mapping[str, Compiled],
) -> None:
    checks = list(written_checks(PLAYBOOKS))
    wrong = sorted({fault for check in checks for fault in described(check, compiled)})

    assert checks
    assert not wrong, "\n".join(["", *wrong])


def test_the_query_for_the_coverage_of_tables_compiles(compiled: Mapping[str, Compiled]) -> None:
    assert [] == faults(compiled[COVERAGE], answer={"Table": "string", "Seen": "long", "Last": "datetime"})


def test_every_library_statement_compiles_by_itself(compiled: Mapping[str, Compiled]) -> None:
    whole = complete(ALL_FUNCTIONS, SCOPE)
    wrong = [
        f"{file}:{line}:{fault.column}: {fault.message}"
        for fault in faults(compiled[whole], answer={})
        for file, line in [in_library(whole, fault.line)]
    ]

    assert not wrong, "\n".join(["", *wrong])


def test_names_file_line_and_column_when_a_column_of_a_playbook_is_misspelt(
    page: Written, compiled: Mapping[str, Compiled]
) -> None:
    line = PAGE.split("\n").index("| where toint(StatusKode) == 401") + 1
    expected = f"{page.file}:{line}:15: KS142 error: The name 'StatusKode' does not refer to any known column"

    assert [expected] == [fault[: len(expected)] for fault in described(page, compiled)]


def test_names_the_library_file_when_the_fault_lies_in_a_fragment() -> None:
    whole = complete(ALL_FUNCTIONS, SCOPE)
    sent = whole.split("\n")
    line = next(number for number, text in enumerate(sent, start=1) if "wilsonUpper" in text)
    file, found_line = in_library(whole, line + 1)

    assert sent[line] == Path(file).read_text(encoding="utf-8").split("\n")[found_line - 1]


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_accepts(text: str, compiled: Mapping[str, Compiled]) -> None:
    assert [] == own_faults(text, compiled)


@pytest.mark.parametrize("case", BAD.values(), ids=BAD)
def test_refuses(case: tuple[str, int, int, str], compiled: Mapping[str, Compiled]) -> None:
    text, line, column, words = case
    own = own_faults(text, compiled)

    assert [(line, column)] == [(fault.line, fault.column) for fault in own if words in fault.message], own


def test_the_answer_of_a_check_is_what_the_engine_reads() -> None:
    assert {"Verdict": "string", "Strength": "real", "Summary": "string", "Onset": "datetime"} == ANSWER
