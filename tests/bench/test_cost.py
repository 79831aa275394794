import json
import logging
import re
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bench.cost.counts import KINDS, Counts, billed_seconds, idle_looks, operation_of
from bench.cost.log_rows import CountedLog, billed_bytes, bytes_of_a_connect, rows_of_host, trace
from bench.cost.month import Line, lines_of, month_of, resource_logs_gb, rules_of, total
from bench.cost.play import asked_of
from bench.cost.prices import Price, read_prices
from bench.cost.sizes import SIZES, Size
from bench.cost.table import MEMORY_GB, month_for, table_of
from local.azure.storage_calls import StorageCall, storage_call
from local.machine.https import ServedCall
from shared.queries.schema import tables

ROOT = Path(__file__).parents[2]
QUIET = Counts(
    executions=Counter(watch_connectivity=1_440, send_due_notices=5_760),
    billed_seconds=7_500.0,
    storage=Counter({"table": 40_000, "queue, idle looks": 259_200}),
    asked=Counter({"metric calls": 2_880}),
    log_bytes=Counter(host=30_000_000),
)
INCIDENT = Counts(executions=Counter(diagnose_incident=4), billed_seconds=60.0, storage=Counter(table=500))


def line(lines: list[Line], name: str) -> Line:
    return next(one for one in lines if one.name == name)


@pytest.mark.parametrize(
    ("seconds", "billed"), [(0.02, 1.0), (1.0, 1.0), (1.01, 1.1), (12.34, 12.4), (2.3, 2.3)]
)
def test_a_call_is_charged_for_a_second_at_least_and_then_by_tenths(seconds: float, billed: float) -> None:
    assert billed == pytest.approx(billed_seconds(seconds))


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ('"GET /linekeeper1/incidents()?$filter=x HTTP/1.1" 200 -', "table"),
        ('"POST /linekeeper1/notices HTTP/1.1" 204 -', "table"),
        ("\"PATCH /linekeeper1/looks(PartitionKey='a') HTTP/1.1\" 204 -", "table"),
        ('"POST /linekeeper1/notices/messages?timeout=3 HTTP/1.1" 201 -', "queue"),
        ('"DELETE /linekeeper1/work/messages/1?popreceipt=x HTTP/1.1" 204 -', "queue"),
        (
            '"GET /linekeeper1/work/messages?numofmessages=8 HTTP/1.1" 200 -',
            None,
        ),  # the host's, which is computed
        ('"GET /linekeeper1/work-poison?comp=metadata HTTP/1.1" 200 -', "queue"),
        ('"PUT /linekeeper1/documents/reports/1.md HTTP/1.1" 201 -', "blob write"),
        ('"GET /linekeeper1/documents/reports/1.md HTTP/1.1" 200 -', "blob read"),
        ('"HEAD /linekeeper1/documents/reports/1.md HTTP/1.1" 200 -', "blob other"),
        ('"GET /linekeeper1/documents?restype=container&comp=list HTTP/1.1" 200 -', "blob list"),
        ('"PUT /linekeeper1/keys?restype=container HTTP/1.1" 201 -', "blob list"),
        ('"DELETE /linekeeper1/documents/reports/1.md HTTP/1.1" 202 -', None),  # free
    ],
)
def test_a_request_to_storage_is_of_the_kind_that_it_is_charged_as(line: str, kind: str | None) -> None:
    call = storage_call(line)

    assert call is not None
    assert kind == operation_of(call)


def test_a_line_that_tells_of_no_request_is_none() -> None:
    assert storage_call("Azurite Blob service is successfully listening at https://127.0.0.1:1") is None
    assert StorageCall("queue", "GET", "/a/work/messages") == storage_call(
        '"GET /a/work/messages HTTP/1.1" 200'
    )


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/v1/workspaces/1/query", "log queries"),
        ("POST", "/metrics/westeurope/subscriptions/1/metrics:getBatch", "metric calls"),
        ("POST", "/arm/providers/Microsoft.ResourceGraph/resources", "Resource Graph queries"),
        ("GET", "/arm/subscriptions/1", "Resource Manager calls"),
        ("POST", "/workflows/1/triggers/manual/paths/invoke", "cards"),
        ("GET", "/msi/token", None),
    ],
)
def test_a_call_of_a_stand_in_is_counted_by_what_it_asks(method: str, path: str, name: str | None) -> None:
    assert name == asked_of(ServedCall(method, path, ""))


def test_a_host_that_never_sleeps_looks_into_its_queues_every_two_seconds() -> None:
    assert 6 * 43_200 == idle_looks(queues=6, seconds=86_400, most_idle=2)


def test_a_month_is_thirty_quiet_days_and_what_its_incidents_add() -> None:
    month = month_of(QUIET, INCIDENT, incidents=2)

    assert 30 * 7_500 + 2 * 60 == month.billed_seconds
    assert 30 * 40_000 + 2 * 500 == month.storage["table"]
    assert {
        "watch_connectivity": 43_200,
        "send_due_notices": 172_800,
        "diagnose_incident": 8,
    } == month.executions


def test_what_an_incident_adds_is_the_difference_of_two_plays() -> None:
    assert INCIDENT.billed_seconds == QUIET.plus(INCIDENT).plus(QUIET, sign=-1).billed_seconds
    assert 500 == QUIET.plus(INCIDENT).plus(QUIET, sign=-1).storage["table"]


def test_each_line_is_its_amount_above_what_is_free_times_its_price() -> None:
    lines = list(lines_of(month_of(QUIET, INCIDENT, 0), 2.0, read_prices()))

    assert 216_000 == line(lines, "executions").amount
    assert 0 == line(lines, "executions").usd  # fewer than are free
    assert (450_000 - 100_000) * 0.000026 == pytest.approx(line(lines, "GB-seconds").usd)
    assert 259_200 * 30 / 10_000 * 0.004 == pytest.approx(line(lines, "operations: queue, idle looks").usd)
    assert 0.9 == pytest.approx(line(lines, "GB of its own logs").amount)
    assert 86_400 == line(lines, "metric calls").amount


def test_a_price_that_nobody_could_find_is_told_and_not_made_up() -> None:
    month = month_for(SIZES[0], QUIET, INCIDENT, read_prices())
    known = [one.usd for one in month.lines if one.usd is not None]
    console = Console(file=StringIO(), width=200)
    console.print(table_of([month]))
    shown = console.file.getvalue()  # type: ignore[attr-defined]  # it is what was given

    assert line(list(month.lines), "metric calls").usd is None
    assert sum(known) == total(month.lines)
    assert re.search(r"metric calls +86,400  \?", shown)


def test_a_rule_watches_each_resource_as_a_series_of_its_own() -> None:
    prices = read_prices()

    assert 5 * 3.0 == rules_of(5, 1, prices)
    assert 5 * (3.0 + 19 * 0.3) == pytest.approx(rules_of(5, 20, prices))


def test_resource_logs_grow_with_the_connects_of_clients() -> None:
    size = Size("any", resources=1, connections=1_000, connects=4, incidents=0)

    assert 0.12 == pytest.approx(resource_logs_gb(size, bytes_per_connect=1_000))


def test_every_price_says_where_it_was_read_and_where_it_is_published() -> None:
    prices = read_prices()

    assert [] == [
        name
        for name, one in prices.items()
        if not (one.price.startswith("https://azure.microsoft.com/pricing/") and one.source and one.dated)
    ]
    assert ["metric calls"] == [name for name, one in prices.items() if one.usd is None]
    assert {kind.partition(",")[0] for kind in KINDS} <= set(prices)


def test_what_is_free_is_free_once() -> None:
    price = Price(2.0, per=10, free=5, price="", source="", dated="")

    assert (0.0, 0.0, 1.0) == (price.of(4), price.of(5), price.of(10))
    assert (0.0, 0.6) == (price.of_more(1, 3), price.of_more(4, 4))


def test_the_memory_is_that_of_the_template() -> None:
    template = (ROOT / "infra/bicep/modules/app.bicep").read_text(encoding="utf-8")

    assert [str(int(MEMORY_GB * 1024))] == re.findall(r"instanceMemoryMB: (\d+)", template)


def test_rows_have_columns_of_their_tables_and_the_free_ones_weigh_nothing() -> None:
    began, ended, request = rows_of_host("watch_connectivity", "timer")

    assert set(began) | set(ended) <= set(tables()["AppTraces"])
    assert set(request) <= set(tables()["AppRequests"])
    assert billed_bytes({"Message": "four", "Type": "AppTraces", "_ResourceId": "/a/b"}) == len("four")
    assert 500 < bytes_of_a_connect() < 1_500


def test_the_app_s_own_lines_are_counted_by_logger_and_those_of_stand_ins_are_not() -> None:
    counts = Counts()
    log = CountedLog(counts)
    log.function = "watch_connectivity"
    for name in ("shared.health.heartbeat", "local.host"):
        log.emit(logging.LogRecord(name, logging.INFO, "", 0, "watch completed %s", ({"counts": 4},), None))

    row = trace("watch completed {'counts': 4}", "watch_connectivity", "watch completed %s")
    assert {"app: shared.health.heartbeat": 1} == counts.log_rows
    assert {"app: shared.health.heartbeat": billed_bytes(row)} == counts.log_bytes
    assert json.dumps(row)
