from pathlib import Path

import pytest

from shared.configuration.files.usable import flawless
from shared.configuration.tokens import Issuer, TokenPolicy, is_wide, usable_token_rules
from shared.errors import InputError

TENANT = "3d5e6f70-0002-4000-8000-00000000b002"
LOBBY = """
web_pubsub:
  - resource: Lobby
    endpoint: https://Lobby.webpubsub.azure.com/
    hubs:
      - hub: trading-floor
        policies:
          - POLICY
""".replace("trading-floor", "trading_floor")


def folder(place: Path, text: str) -> Path:
    (place / "tokens.yaml").write_text(text, encoding="utf-8")
    return place


def policy(place: Path, text: str) -> TokenPolicy:
    rules = flawless(usable_token_rules(folder(place, LOBBY.replace("POLICY", text))))
    return rules.resources[0].hubs[0].policies[0]


def complaints(place: Path, text: str) -> list[str]:
    return [problem.message for problem in usable_token_rules(folder(place, text))[1]]


def test_no_file_gives_nothing(tmp_path: Path) -> None:
    rules = flawless(usable_token_rules(tmp_path))

    assert ((), ()) == (rules.issuers, rules.resources)


def test_a_policy_that_says_nothing_gives_nothing_but_a_connection(tmp_path: Path) -> None:
    read = policy(tmp_path, "{}")

    assert TokenPolicy(where=read.where) == read


def test_a_resource_is_read_with_its_rates(tmp_path: Path) -> None:
    text = LOBBY.replace("POLICY", "{}").replace("    hubs:", "    connects_per_second: 250\n    hubs:")
    (resource,) = flawless(usable_token_rules(folder(tmp_path, text))).resources

    assert ("lobby", "https://Lobby.webpubsub.azure.com") == (resource.name, resource.endpoint)
    assert (250, 60) == (resource.connects_per_second, resource.calls_per_minute)


def test_the_lifetime_is_an_hour_or_the_maximum_where_that_is_shorter(tmp_path: Path) -> None:
    assert 60 == policy(tmp_path, "{max_minutes: 600}").default_minutes
    assert 5 == policy(tmp_path, "{max_minutes: 5}").default_minutes


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{roles: [webpubsub.sendToGroup]}", "'webpubsub.sendToGroup' is for more than one group"),
        ('{roles: ["webpubsub.joinLeaveGroups.news-*"]}', "is for more than one group"),
        ('{roles: ["webpubsub.joinLeaveGroup.news-*"]}', "is for more than one group"),
        (
            '{group_patterns: true, roles: ["webpubsub.sendToGroups.{user}-*"]}',
            "has a user in a pattern; expected a role with one group",
        ),
        ('{group_patterns: true, groups: ["news-*"]}', "a group has a * or a ?"),
        ("{default_minutes: 61}", "'default_minutes' is 61; expected at most 60, its max_minutes"),
        ("{anonymous: true, callers: {role: agent}}", "who did not sign in has no roles"),
        ("{keys: allowed, callers: {role: agent}}", "who did not sign in has no roles"),
        ("{anonymous: true, callers: {user: alice}}", "who is anonymous is no certain user"),
        ('{anonymous: true, groups: ["user-{user}"]}', "who is anonymous has no name for {user}"),
        (
            f"{{groups: [{', '.join(f'{n:03}' + 'x' * 197 for n in range(11))}]}}",
            "its roles and groups have 2200 letters; expected at most 2000",
        ),
    ],
)
def test_a_policy_that_gives_too_much_is_refused_and_its_hub_is_closed(
    tmp_path: Path, text: str, complaint: str
) -> None:
    rules, problems = usable_token_rules(folder(tmp_path, LOBBY.replace("POLICY", text)))

    assert () == rules.resources[0].hubs
    assert complaint in problems[0].message
    assert problems[0].where.startswith("tokens.yaml:")


def test_a_wrong_hub_does_not_close_another(tmp_path: Path) -> None:
    text = LOBBY.replace("POLICY", "{}") + "      - {hub: lobby, policies: [{roles: [webpubsub.all]}]}\n"

    rules, problems = usable_token_rules(folder(tmp_path, text))

    assert ["trading_floor"] == [hub.name for hub in rules.resources[0].hubs]
    assert 1 == len(problems)


def test_a_hub_stands_once_whatever_its_case(tmp_path: Path) -> None:
    text = LOBBY.replace("POLICY", "{}") + "      - {hub: Trading_Floor, policies: []}\n"

    assert [
        "tokens.yaml:9: the hub 'Trading_Floor' stands already at tokens.yaml:6; expected each hub once"
    ] == (complaints(tmp_path, text))


def test_a_tenant_and_another_issuer_are_read(tmp_path: Path) -> None:
    text = f"""
issuers:
  - {{tenant: {TENANT.upper()}, audience: "api://linekeeper"}}
  - {{issuer: "https://login.contoso.example/", jwks: "https://login.contoso.example/keys", audience: [a, b], prefix: "contoso:"}}
"""
    with pytest.raises(InputError, match=r"tokens.yaml:4: two issuers could name the same user"):
        flawless(usable_token_rules(folder(tmp_path, text)))

    own = text.replace('linekeeper"', 'linekeeper", prefix: "own:"')
    assert flawless(usable_token_rules(folder(tmp_path, own))).issuers == (
        Issuer(("api://linekeeper",), tenant=TENANT, user="oid", prefix="own:"),
        Issuer(
            ("a", "b"),
            issuer="https://login.contoso.example/",
            jwks="https://login.contoso.example/keys",
            prefix="contoso:",
        ),
    )


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("{audience: a}", "the issuer is not one of two forms"),
        (f"{{audience: a, tenant: {TENANT}, issuer: 'https://a.example'}}", "is not one of two forms"),
        ("{audience: a, issuer: 'https://a.example'}", "the issuer is only half named"),
    ],
)
def test_an_issuer_has_one_of_two_forms(tmp_path: Path, entry: str, complaint: str) -> None:
    assert complaint in complaints(tmp_path, f"issuers: [{entry}]")[0]


@pytest.mark.parametrize(
    ("role", "wide"),
    [
        ("webpubsub.sendToGroup", True),
        ("webpubsub.joinLeaveGroup", True),
        ("webpubsub.sendToGroups.a", True),
        ("webpubsub.sendToGroup.a?", True),
        ("webpubsub.sendToGroup.news", False),
        ("webpubsub.joinLeaveGroup.a.b", False),
    ],
)
def test_a_role_is_wide_unless_it_names_one_group(role: str, wide: bool) -> None:
    assert wide is is_wide(role)
