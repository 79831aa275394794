import pytest

from local.arm.graph_language import DisallowedError, check

ONE = "resources | where type =~ 'a'"


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(ONE, id="a filter"),
        pytest.param(
            "resources | where name contains '| evaluate let ;' // | evaluate",
            id="words in texts and comments",
        ),
        pytest.param(
            "resources | extend let_there = 1, workspace = tags.set | project workspace", id="words in names"
        ),
        pytest.param("resourcechanges | mv-expand change = properties.changes | take 5", id="an expansion"),
        pytest.param(
            "resources | join kind=leftouter (resourcecontainers | project subscriptionId) on subscriptionId | union (advisorresources) | count",
            id="a join and a union",
        ),
        pytest.param(
            "Resources\n| summarize n = count() by location\n| top 3 by n;",
            id="capitals and a last semicolon",
        ),
    ],
)
def test_takes_what_is_documented(query: str) -> None:
    check(query)


@pytest.mark.parametrize(
    ("query", "token"),
    [
        ("let a = 1; resources", "let"),
        ("let a = 1\nresources", "let"),
        ("set query_now = 1; resources", "set"),
        ("resources | take 1; advisorresources", ";"),
        (f"{ONE} | evaluate bag_unpack(tags)", "evaluate"),
        (f"{ONE} | mv-apply tags on (take 1)", "mv-apply"),
        (f"{ONE} | project-keep name", "project-keep"),
        (f"{ONE} | serialize", "serialize"),
        (f"{ONE} | render timechart", "render"),
        (f"{ONE} | where name == toscalar(resources | take 1)", "toscalar"),
        (f"{ONE} | join kind=anti (resources) on id", "anti"),
        (f"{ONE} | join hint.remote=left kind = anti (resources) on id", "anti"),
        (f"{ONE} | join (AzureActivity) on id", "AzureActivity"),
        (f"{ONE} | union isfuzzy=true (resources)", "union"),
        (f"{ONE} | union (resources), (resources), (resources), (resources)", "union"),
        (ONE + " | mv-expand tags" * 4, "mv-expand"),
        (ONE + " | join (resources) on id" * 4, "join"),
        ("datatable(a: int) [1]", "datatable"),
        ("Heartbeat | take 1", "Heartbeat"),
        ("   ", ""),
    ],
)
def test_refuses_what_is_not(query: str, token: str) -> None:
    with pytest.raises(DisallowedError) as caught:
        check(query)

    assert token == caught.value.token
