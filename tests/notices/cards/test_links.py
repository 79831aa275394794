"""The links of a card open what they promise."""

import base64
import gzip
from urllib.parse import unquote, urlsplit

from shared.notices.cards.links import Links
from tests.notices.diagnoses import NIGHT, QUERY, RESOURCE, WORKSPACE


def parts(address: str) -> list[str]:
    return urlsplit(address).fragment.split("/")


def test_the_query_link_carries_the_complete_text() -> None:
    fragment = parts(Links(logs=WORKSPACE).query(QUERY, RESOURCE, NIGHT))
    packed = unquote(fragment[fragment.index("q") + 1])

    assert QUERY == gzip.decompress(base64.b64decode(packed)).decode()


def test_the_query_link_opens_the_workspace() -> None:
    fragment = parts(Links(logs=WORKSPACE).query(QUERY, RESOURCE, NIGHT))

    assert WORKSPACE == unquote(fragment[fragment.index("resourceId") + 1])


def test_without_a_workspace_the_query_opens_on_the_resource() -> None:
    fragment = parts(Links().query(QUERY, RESOURCE, NIGHT))

    assert RESOURCE == unquote(fragment[fragment.index("resourceId") + 1])


def test_the_span_of_the_link_begins_where_a_check_may_look_back_to() -> None:
    fragment = parts(Links().query(QUERY, RESOURCE, NIGHT))

    assert "2026-11-11T02:10:00.000Z/2026-11-12T02:40:00.000Z" == unquote(
        fragment[fragment.index("timespan") + 1]
    )


def test_the_same_query_gives_the_same_link() -> None:
    assert Links().query(QUERY, RESOURCE, NIGHT) == Links().query(QUERY, RESOURCE, NIGHT)


def test_the_resource_opens_in_the_portal() -> None:
    assert f"https://portal.azure.com/#@/resource{RESOURCE}/overview" == Links().resource(RESOURCE)


def test_a_playbook_has_a_link_where_the_forge_is_known() -> None:
    forge = Links(playbooks="https://forge.example/library/")

    assert "https://forge.example/library/web-pubsub-connection-drops.md" == forge.playbook(
        "web-pubsub-connection-drops"
    )
    assert Links().playbook("web-pubsub-connection-drops") is None


def test_a_folder_that_stands_in_the_query_is_a_folder_too() -> None:
    forge = Links(playbooks="https://dev.azure.com/contoso/_git/lines?path=/library")

    assert "https://dev.azure.com/contoso/_git/lines?path=/library/lobby.md" == forge.playbook("lobby")


def test_the_forge_comes_before_our_own_page() -> None:
    own = "https://watch.example/api/respond?token=1.aa.playbook"

    assert own == Links(playbook_page=own).playbook("lobby")
    assert "https://forge.example/lobby.md" == Links(
        playbooks="https://forge.example", playbook_page=own
    ).playbook("lobby")
