"""Keep metric samples of resources, one a minute, and show each a minute after its own minute."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from local.exports.moments import moment
from local.exports.text import read_text
from local.metrics.catalogue import metrics_of
from shared.errors import InputError
from shared.queries.scope import resource_id, resource_type

FILE = "metrics.ndjson"
REGION = "westeurope"
GLOBAL = "global"

# Metrics are in the database in under a minute (azure-monitor-docs, logs/data-ingestion-time.md).
_DELAY = timedelta(minutes=1)
_EXPECTED = (
    'such as {"metric": "ConnectionCloseCount", "resource": …, "at": …, "value": 3, "dimensions": {…}}'
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One metric of one resource in one minute; `average` and `maximum` belong to a level, `value` to a count."""

    metric: str
    resource: str
    at: datetime
    value: float | None = None
    dimensions: Mapping[str, str] = field(default_factory=dict)
    average: float | None = None
    maximum: float | None = None


class MetricStore:
    """The samples of every resource.

    Attributes:
        visible_until: samples of minutes that had not ended, or not arrived, at this time are hidden; None shows all.
        regions: where resources are, by id in lower case.
    """

    def __init__(self, samples: Iterable[Sample] = (), regions: Mapping[str, str] | None = None) -> None:
        self.visible_until: datetime | None = None
        self.regions: dict[str, str] = dict(regions or {})
        self._samples: dict[tuple[str, str], list[Sample]] = {}
        self.load(samples)

    def load(self, samples: Iterable[Sample]) -> None:
        """Add samples."""
        for sample in samples:
            self._samples.setdefault((sample.resource, sample.metric.lower()), []).append(sample)

    def region_of(self, resource: str) -> str:
        """Return the region of a resource: a Web PubSub resource nobody placed is in West Europe."""
        default = GLOBAL if "/microsoft.communication/" in resource else REGION
        return self.regions.get(resource, default)

    def samples(self, resource: str, metric: str, start: datetime, end: datetime) -> Iterator[Sample]:
        """Yield the visible samples of [start, end)."""
        for sample in self._samples.get((resource, metric.lower()), ()):
            if start <= sample.at < end and self._is_visible(sample):
                yield sample

    def is_hiding(self) -> bool:
        """Tell whether some sample has yet to arrive."""
        return not all(self._is_visible(sample) for samples in self._samples.values() for sample in samples)

    def _is_visible(self, sample: Sample) -> bool:
        return self.visible_until is None or sample.at + _DELAY <= self.visible_until


def read_samples(folder: Path) -> tuple[Sample, ...]:
    """Read a case's `metrics.ndjson`; a case without one has no metrics.

    Raises:
        InputError: a line is not a sample.
    """
    path = folder / FILE
    if not path.is_file():
        return ()
    lines = read_text(path, FILE).splitlines()
    return tuple(_sample(f"{FILE}:{n}", line) for n, line in enumerate(lines, start=1) if line.strip())


def _sample(where: str, line: str) -> Sample:
    try:
        fields = json.loads(line)
        resource = resource_id(fields["resource"], where=where)
        sample = Sample(
            metric=fields["metric"],
            resource=resource,
            at=moment(where, fields["at"]).replace(second=0, microsecond=0),
            value=_number(fields.get("value")),
            dimensions={str(name): str(value) for name, value in fields.get("dimensions", {}).items()},
            average=_number(fields.get("average")),
            maximum=_number(fields.get("maximum")),
        )
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(where, f"it is not a sample ({error!r})", _EXPECTED) from error
    metric = metrics_of(resource_type(resource)).get(str(sample.metric).lower())
    if metric is None or not set(sample.dimensions) <= set(metric.dimensions):
        wrong = f"there is no metric {sample.metric!r} with {list(sample.dimensions)}"
        raise InputError(where, wrong, "a metric of local/metrics/catalogue.py and its dimensions")
    return sample


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))
