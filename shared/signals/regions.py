"""Learn from the rows of a resource's logs in which region it is, where the configuration does not say."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from shared.configuration.resources import WatchedResource
from shared.signals.arrivals import Arrival
from shared.signals.metrics.poll import as_region, region_of


class Regions(Protocol):
    """The regions that were learnt, by resource id; kept, because a quiet resource tells it seldom."""

    def known(self) -> Mapping[str, str]:
        """Return what was learnt."""
        ...

    def learn(self, resource: str, region: str) -> None:
        """Keep the region of a resource in the place of an earlier one."""
        ...


def learnt_regions(
    resources: Iterable[WatchedResource], regions: Regions, arrivals: Sequence[Arrival] = ()
) -> Mapping[str, str]:
    """Return the learnt regions of resources that need them, and keep what their own new rows tell.

    A row of a replica names the replica's region, and so teaches nothing.
    """
    lost = {resource.id for resource in resources if region_of(resource, {}) is None}
    if not lost:
        return {}
    known = dict(regions.known())
    for arrival in arrivals:
        region = as_region(arrival.region)
        if region and arrival.resource in lost and known.get(arrival.resource) != region:
            regions.learn(arrival.resource, region)
            known[arrival.resource] = region
    return {resource: region for resource, region in known.items() if resource in lost}
