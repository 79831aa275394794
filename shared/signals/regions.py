"""Learn a resource's region from the rows of its logs, where the configuration does not name it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from shared.configuration.resources import WatchedResource
from shared.signals.arrivals import Arrival
from shared.signals.metrics.poll import as_region, region_of


class Regions(Protocol):
    """The regions that were learnt; stored, because a quiet resource has rows only seldom."""

    def by_resource(self) -> Mapping[str, str]:
        """Return the regions that were learnt, by resource id, as addresses write them (`westeurope`)."""
        ...

    def learn(self, resource: str, region: str) -> None:
        """Store the region of a resource in the place of an earlier one."""
        ...


def learnt_regions(
    resources: Iterable[WatchedResource], regions: Regions, arrivals: Sequence[Arrival] = ()
) -> Mapping[str, str]:
    """Return the learnt regions, by id, of resources whose configuration names none; learn them from new rows as well.

    A row of a replica names the replica's region, so it is left out.
    """
    ids = {resource.id for resource in resources if region_of(resource, {}) is None}
    if not ids:
        return {}
    region_by_resource = dict(regions.by_resource())
    for arrival in arrivals:
        region = as_region(arrival.region)
        if region and arrival.resource in ids and region_by_resource.get(arrival.resource) != region:
            regions.learn(arrival.resource, region)
            region_by_resource[arrival.resource] = region
    return {resource: region for resource, region in region_by_resource.items() if resource in ids}
