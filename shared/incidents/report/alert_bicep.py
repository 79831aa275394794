"""Write a proposed alert rule as Bicep, and the part of a report that proposes it."""

import re
from collections.abc import Iterator
from datetime import timedelta

from shared.incidents.report.alert_rule import EVERY, PERCENT, AlertRule, NoRule
from shared.incidents.report.queries import fenced
from shared.incidents.wording import moment, number
from shared.objectives.separation import Threshold
from shared.redaction import escape_markdown, redact

FILE = "linekeeper-alert.kql"
# A longer text is cut off in the payloads that receivers show.
_MOST_STEP = 240
_MOST_STEPS = 8
_LOOK_BACK, _ONE_DAY = "P2D", "P1D"

_TEMPLATE = """\
param location string = resourceGroup().location
@description('ARM id of the Log Analytics workspace with the id {workspace}')
param workspaceId string
@description('ARM id of the action group that calls Linekeeper or a person')
param actionGroupId string

resource alert 'Microsoft.Insights/scheduledQueryRules@2021-08-01' = {{
  name: {name}
  location: location
  kind: 'LogAlert'
  properties: {{
    displayName: {title}
    description: {description}
    severity: {severity}
    enabled: true
    scopes: [
      workspaceId
    ]
    evaluationFrequency: '{every}'
    windowSize: '{window}'
    overrideQueryTimeRange: '{reach}'
    criteria: {{
      allOf: [
        {{
          query: loadTextContent('{file}')
          timeAggregation: 'Maximum'
          metricMeasureColumn: '{column}'
          resourceIdColumn: '_ResourceId'
          operator: 'GreaterThanOrEqual'
          threshold: {percent}
          failingPeriods: {{
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }}
        }}
      ]
    }}
    autoMitigate: true
    actions: {{
      actionGroups: [
        actionGroupId
      ]
      customProperties: {{
{properties}
      }}
    }}
  }}
}}"""


def alert_rule_section(proposal: AlertRule | NoRule) -> Iterator[str]:
    """Yield the paragraphs of a report that propose a rule, or say why there is none."""
    yield "## An alert rule that would have caught it"
    if isinstance(proposal, NoRule):
        yield escape_markdown(proposal.why)
        return
    threshold = proposal.threshold
    yield (
        f"From {number(threshold.min_bad)} {escape_markdown(proposal.signal.title)} and {threshold.percent} % of all on "
        f"in {threshold.window // timedelta(minutes=1)} minutes, asked every 5 minutes. On complete rows it fires at "
        f"{moment(threshold.fires_at)}; the rows of logs come up to {proposal.signal.delay // timedelta(minutes=1)} minutes late."
    )
    yield _quiet(threshold)
    yield f"The query, to be saved as `{FILE}`:"
    yield fenced(proposal.query)
    yield "The rule, in a Bicep file beside it; its custom properties tell receivers what to do, and Linekeeper what it means:"
    yield fenced(bicep_of(proposal), "bicep")


def _quiet(threshold: Threshold) -> str:
    worst = f"The worst window of the incident has {threshold.peak_percent:.1f} %"
    if not threshold.quiet_hours:
        return f"{worst}. **No quiet hour was counted beside it**: try the threshold on your own weeks first."
    return (
        f"{worst}, the worst of the {threshold.quiet_hours:,.1f} quiet hours that are counted "
        f"{threshold.quiet_percent:.1f} %: there it is silent."
    )


def bicep_of(rule: AlertRule) -> str:
    """Return the Bicep text of a rule, which loads its query from a file beside it."""
    name = rule.resource.id.rsplit("/", 1)[-1]
    threshold = rule.threshold
    description = f"{rule.signal.title} of {name}: {threshold.percent} % of all and {threshold.min_bad:g} or more in {_duration(threshold.window)}."
    return _TEMPLATE.format(
        workspace=rule.workspace,
        name=_text(f"linekeeper-{name}-{rule.signal.id}"),
        title=_text(f"{name}: {rule.signal.title}"),
        description=_text(description),
        severity=rule.severity,
        every=_duration(EVERY),
        window=_duration(threshold.window),
        reach=_LOOK_BACK if rule.reads_back else _ONE_DAY,
        file=FILE,
        column=PERCENT,
        percent=threshold.percent,
        properties="\n".join(f"        {key}: {_text(value)}" for key, value in _properties(rule)),
    )


def _properties(rule: AlertRule) -> Iterator[tuple[str, str]]:
    yield "linekeeperResource", rule.resource.id
    yield "linekeeperSymptom", rule.symptom
    yield "playbook", rule.symptom
    if rule.cause:
        yield "causeLastTime", rule.cause
    for place, step in enumerate(rule.steps[:_MOST_STEPS], start=1):
        yield f"step{place}", _plain(step)


def _plain(markdown: str) -> str:
    """Return a step as plain text on one line."""
    bare = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", re.sub(r"`{3}\w*|[*`]", "", redact(markdown)))
    line = " ".join(bare.split())
    return line if len(line) <= _MOST_STEP else line[: _MOST_STEP - 1].rstrip() + "…"


def _text(value: str) -> str:
    """Return a text of Bicep in which nothing is an escape, an end or an expression."""
    plain = " ".join(value.split())
    escaped = plain.replace("\\", "\\\\").replace("'", "\\'").replace("${", "\\${")
    return f"'{escaped}'"


def _duration(length: timedelta) -> str:
    minutes = length // timedelta(minutes=1)
    return f"PT{minutes // 60}H" if minutes % 60 == 0 else f"PT{minutes}M"
