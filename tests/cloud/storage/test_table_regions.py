"""The regions that logs told, kept by Table Storage: the newest word on each resource."""

from typing import TYPE_CHECKING

from shared.cloud.storage.signals.regions import TableRegions

if TYPE_CHECKING:
    from shared.cloud.storage.account import Storage

LOBBY = "/subscriptions/5f/resourcegroups/trading/providers/microsoft.signalrservice/webpubsub/lobby"
QUIZ = "/subscriptions/5f/resourcegroups/trading/providers/microsoft.signalrservice/webpubsub/quiz"


def test_a_region_is_kept_until_another_is_learnt(storage: "Storage") -> None:
    regions = TableRegions(storage.table("regions"))
    for resource, region in ((LOBBY, "eastus"), (QUIZ, "westus3"), (LOBBY, "westeurope")):
        regions.learn(resource, region)

    assert {LOBBY: "westeurope", QUIZ: "westus3"} == TableRegions(storage.table("regions")).by_resource()
