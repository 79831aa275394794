"""A literal must fit a documented value, in the way its operator compares."""

import pytest

from local.kusto.compiler import Literal, Property, Source, Value
from local.kusto.domains import domains, literal_fault, properties, property_fault
from shared.queries.schema import tables

OPERATION = "WebPubSubConnectivity.OperationName"
CHAT = "ACSChatIncomingOperations.OperationName"
ENDPOINT = "ACSCallSummary.EndpointType"
SUBCODE = "ACSCallSummary.ParticipantEndSubCode"
STATUS = "WebPubSubHttpRequest.StatusCode"
CATEGORY = "ACSCallSummary.ResultCategory"


def literal(
    operator: str, value: Value, *columns: str, via: str = "", derived: tuple[Value, ...] = ()
) -> Literal:
    sources = tuple(Source(column, tuple(via.split())) for column in columns)
    return Literal(operator, value, sources, derived, line=3, column=9)


@pytest.mark.parametrize(
    "compared",
    [
        pytest.param(literal("==", "ConnectionAborted", OPERATION), id="a documented value"),
        pytest.param(literal("=~", "connectionaborted", OPERATION), id="any case, where case does not count"),
        pytest.param(literal("in~", "CONNECTIONENDED", OPERATION), id="any case, in a list"),
        pytest.param(
            literal("==", "connectionended", OPERATION, via="tolower"), id="lower case after tolower()"
        ),
        pytest.param(
            literal("==", "CONNECTIONENDED", OPERATION, via="toupper"), id="capitals after toupper()"
        ),
        pytest.param(literal("startswith", "unexpected", CATEGORY), id="the beginning of a value"),
        pytest.param(literal("contains", "unexp", CATEGORY), id="a part of a value"),
        pytest.param(literal("!endswith", "Started", OPERATION), id="the end of a value"),
        pytest.param(literal("matches regex", "^Connection(Ended|Aborted)$", OPERATION), id="a pattern"),
        pytest.param(literal("has", "Route", CHAT), id="a word of a value"),
        pytest.param(literal("in", 3112, SUBCODE, via="toint"), id="a number after toint()"),
        pytest.param(literal("==", "3112", SUBCODE), id="the same number as text"),
        pytest.param(literal("==", "429", STATUS), id="what the pattern of a domain describes"),
        pytest.param(literal(">=", 400, STATUS, via="toint"), id="an order, which names no value"),
        pytest.param(literal("!=", "", OPERATION), id="the empty text"),
        pytest.param(
            literal("==", "anything", "WebPubSubConnectivity.Message"), id="a column without a domain"
        ),
        pytest.param(
            literal("==", "reload", derived=("reload", "other")), id="a value that the text computes"
        ),
        pytest.param(literal("==", "Bad Route", OPERATION, CHAT), id="a value of one of two joined tables"),
    ],
)
def test_accepts(compared: Literal) -> None:
    assert literal_fault(compared) is None


@pytest.mark.parametrize(
    ("compared", "words"),
    [
        pytest.param(literal("==", "ClientConnection", OPERATION), "nearest known: Connection", id="an invented value"),
        pytest.param(literal("!=", "ClientConnection", OPERATION), "`!= 'ClientConnection'`", id="its negation"),
        pytest.param(literal("==", "connectionaborted", OPERATION), "ConnectionAborted", id="another case"),
        pytest.param(literal("==", "ConnectionEnded", OPERATION, via="tolower"), "connectionended", id="capitals after tolower()"),
        pytest.param(literal("has", "Connection", OPERATION), "`has 'Connection'`", id="a part that is not a word"),
        pytest.param(literal("has_cs", "route", CHAT), "`has_cs 'route'`", id="a word in another case"),
        pytest.param(literal("matches regex", "^Client", OPERATION), "`matches regex '^Client'`", id="a pattern that fits none"),
        pytest.param(literal("==", 3113, SUBCODE, via="toint"), "nearest known: 311", id="a number that is not a subcode"),
        pytest.param(literal("==", "99", STATUS), "webpubsubhttprequest", id="what the pattern does not describe"),
        pytest.param(literal("==", "VOIP", ENDPOINT), "spelt in several cases", id="one spelling of several"),
        pytest.param(literal("==", "relaod", derived=("reload", "other")), "nearest known: reload", id="a slip in a computed value"),
    ],
)  # fmt: skip
def test_refuses(compared: Literal, words: str) -> None:
    assert words in (literal_fault(compared) or "accepted")


def test_refuses_a_property_that_nobody_documents() -> None:
    path = "ACSCallClientOperations.OperationPayload"

    assert (None, True) == (
        property_fault(Property(f"{path}.SubCode", 1, 1)),
        "nearest known: SubCode" in (property_fault(Property(f"{path}.Subcode", 1, 1)) or ""),
    )


def test_every_domain_is_of_a_published_column_and_cites_its_source() -> None:
    unknown = [
        name
        for name in [*domains(), *properties()]
        for table, column, *_ in [name.split(".")]
        if column not in tables().get(table, {})
    ]

    assert ([], True) == (unknown, all(domain.source for domain in domains().values()))
