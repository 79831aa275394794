"""The alert rule that a report proposes: it fires on the incident's own rows, and is silent on the quiet hours."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from local.kusto.compiler import compile_texts
from local.kusto.faults import faults
from local.rows.pubsub_log import CONNECTIVITY, LOBBY, MESSAGING, NINE, REQUEST, PubSubLog
from local.workspace import kql
from local.workspace.database import INGESTION_TIME, Workspace
from shared.clock import iso
from shared.configuration.objectives import default_objectives
from shared.configuration.resources import WatchedResource
from shared.incidents.lifecycle import states
from shared.incidents.report.alert_bicep import alert_rule_section, bicep_of
from shared.incidents.report.alert_rule import AlertRule, NoRule, propose, rule_query
from shared.objectives.judge import breaches
from shared.playbooks.loading.load import load_library
from shared.redaction import redact
from shared.signals.catalogue import FAMILIES, SIGNALS
from shared.signals.counts import Count
from shared.signals.poll import poll
from tests.signals.direct_logs import DirectLogs

FAILURES = "web-pubsub-connection-failures"
PAGE = load_library()[FAILURES]
HOUSE = WatchedResource(LOBBY, "0b3f2a52-0000-4000-8000-000000000001", "activity", "apps")
NOW = NINE + timedelta(minutes=185)
RETURNED = {"_ResourceId": "string", "BadPercent": "real", "Bad": "real", "Total": "real"}


def a_morning() -> PubSubLog:
    """Three hours of connects with a stray refusal each 6 minutes, and expired tokens from 10:00 to 10:20.

    At seven in the morning only three clients come, and all of them are refused.
    """
    log = PubSubLog().accepted(1800, 0, 180).refused(30, 401, 0, 180, message="Token is malformed.")
    log.refused(3, 401, -120, -118, message="Token is malformed.")
    return log.refused(120, 401, 60, 80, message="The access token has expired.")


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    rows = a_morning().rows
    loaded = Workspace()
    loaded.load(
        {
            table: [{INGESTION_TIME: row["TimeGenerated"], **row} for row in rows.get(table, [])]
            for table in (CONNECTIVITY, REQUEST, MESSAGING)
        }
    )
    return loaded


@pytest.fixture(scope="module")
def series(workspace: Workspace) -> Sequence[Count]:
    families = [family for family in FAMILIES if family.id == "web-pubsub-connects"]
    return poll([HOUSE], lambda _: DirectLogs(workspace), {}, families, NOW).counts


@pytest.fixture(scope="module")
def proposal(series: Sequence[Count]) -> AlertRule:
    starts = [count.bucket for count in series]
    (breach,) = breaches(SIGNALS, default_objectives(), series, starts, NOW)
    incident = replace(states.opened(breach, 2, NOW, None), cause="token-expired")
    result = propose(incident, PAGE, HOUSE, objectives=default_objectives(), series=series)
    assert isinstance(result, AlertRule)
    return result


def answer(workspace: Workspace, rule: AlertRule, end: datetime) -> Sequence[Mapping[str, object]]:
    text = rule_query(rule.signal, rule.resource, rule.threshold, end=f"datetime({iso(end)})")
    result = kql.run(workspace, text)
    names = [name for name, _ in result.columns]
    return [dict(zip(names, row, strict=True)) for row in result.rows()]


def fires(workspace: Workspace, rule: AlertRule, minute: int) -> bool:
    rows = answer(workspace, rule, NINE + timedelta(minutes=minute))
    return any(float(str(row["BadPercent"])) >= rule.threshold.percent for row in rows)


def test_the_query_compiles_and_returns_what_the_rule_compares(proposal: AlertRule) -> None:
    (compiled,) = compile_texts([proposal.query])

    assert [] == faults(compiled, answer=RETURNED)
    assert RETURNED == compiled.columns


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.id)
def test_the_query_of_every_signal_compiles(family: object, proposal: AlertRule) -> None:
    signal = family.signals[0]  # type: ignore[attr-defined]
    (compiled,) = compile_texts([rule_query(signal, HOUSE, proposal.threshold)])

    assert [] == faults(compiled, answer=RETURNED)


def test_fires_on_the_rows_of_the_incident(workspace: Workspace, proposal: AlertRule) -> None:
    minute = (proposal.threshold.fires_at - NINE) // timedelta(minutes=1)

    assert 65 <= minute <= 75
    assert fires(workspace, proposal, minute)
    assert not fires(workspace, proposal, minute - 5)
    assert LOBBY == answer(workspace, proposal, proposal.threshold.fires_at)[0]["_ResourceId"]


@pytest.mark.parametrize("minute", [-110, 30, 45, 60, 120, 150, 180])
def test_is_silent_on_the_quiet_hours(workspace: Workspace, proposal: AlertRule, minute: int) -> None:
    assert not fires(workspace, proposal, minute)


def test_the_rule_carries_what_to_do_and_what_it_means(proposal: AlertRule) -> None:
    text = bicep_of(proposal)

    assert f"linekeeperResource: '{LOBBY}'" in text
    assert f"linekeeperSymptom: '{FAILURES}'" in text
    assert re.search(r"^        step1: '.{20,240}'$", text, re.MULTILINE)
    assert f"threshold: {proposal.threshold.percent}" in text
    assert "windowSize: 'PT30M'" in text
    assert text.count("{") == text.count("}")


def test_a_step_cannot_leave_its_text(proposal: AlertRule) -> None:
    sly = replace(proposal, steps=("Say '${subscription().id}' \\ and `}`\nat once",))

    assert "        step1: 'Say \\'\\${subscription().id}\\' \\\\ and } at once'" in bicep_of(sly)


def test_the_report_has_the_query_once_and_nothing_secret(proposal: AlertRule) -> None:
    text = "\n\n".join(alert_rule_section(proposal))

    assert 1 == text.count(proposal.query)
    assert redact(proposal.query) == proposal.query
    assert f"From 20 refused connects and {proposal.threshold.percent} % of all on in 30 minutes" in text
    assert "there it is silent" in text


def test_says_that_no_quiet_hour_was_counted(proposal: AlertRule) -> None:
    alone = replace(proposal, threshold=replace(proposal.threshold, quiet_hours=0))

    assert "No quiet hour was counted" in "".join(alert_rule_section(alone))


def test_says_why_there_is_none(proposal: AlertRule, series: Sequence[Count]) -> None:
    (breach,) = breaches(SIGNALS, default_objectives(), series, [c.bucket for c in series], NOW)
    incident, objectives = states.opened(breach, 2, NOW, None), default_objectives()
    dull = [replace(count, bad=20, total=100) for count in series]

    assert "No row of logs" in said(propose(incident, PAGE, HOUSE, objectives=objectives, series=[]))
    assert "No share of refused connects" in said(
        propose(incident, PAGE, HOUSE, objectives=objectives, series=dull)
    )
    assert "watched no more" in said(propose(incident, PAGE, None, objectives=objectives, series=series))


def said(proposal: AlertRule | NoRule) -> str:
    assert isinstance(proposal, NoRule)
    return proposal.why
