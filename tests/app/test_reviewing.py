"""The daily review of one resource is no matter of the others."""

import pytest
from azure.core.exceptions import HttpResponseError

from shared.app.context.reviewing import review_each
from shared.configuration.resources import WatchedResource
from shared.errors import LinekeeperError

LOBBY, CELLAR = (
    WatchedResource(f"/subscriptions/8f1e/resourcegroups/rt/providers/x/webpubsub/{name}", "", "", "")
    for name in ("lobby", "cellar")
)


@pytest.mark.parametrize("error", [HttpResponseError("the table is busy"), LinekeeperError("a lost race")])
def test_a_review_that_fails_stops_no_later_one(error: Exception) -> None:
    reviewed = []

    def review(resource: WatchedResource) -> None:
        reviewed.append(resource)
        if resource is LOBBY:
            raise error

    review_each([LOBBY, CELLAR], review)

    assert [LOBBY, CELLAR] == reviewed
