"""Addresses of the settings: what is usable, and what readiness says where one is not."""

import os
from contextlib import nullcontext

import pytest

from shared.errors import LinekeeperError
from shared.settings import KeptSettings, Settings


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({}, None, id="nobody says where we are"),
        pytest.param(
            {"WEBSITE_HOSTNAME": "lk.azurewebsites.net"}, "https://lk.azurewebsites.net/api", id="Azure"
        ),
        pytest.param(
            {"PUBLIC_URL": "https://watch.example/x/", "WEBSITE_HOSTNAME": "lk.azurewebsites.net"},
            "https://watch.example/x",
            id="one's own name comes first",
        ),
        pytest.param({"PUBLIC_URL": "javascript:alert(1)"}, None, id="no address"),
        pytest.param({"PUBLIC_URL": "https://watch.example/api?code=1"}, None, id="an address with a query"),
    ],
)
def test_links_begin_where_people_reach_us(environment: dict[str, str], expected: str | None) -> None:
    assert expected == Settings.from_environment(environment).links_address


@pytest.mark.parametrize(
    ("url", "is_usable"),
    [
        ("", True),
        ("https://github.com/contoso/lines/blob/main/library", True),
        ("https://dev.azure.com/contoso/_git/lines?path=/library", True),
        ("http://forge.example/library", False),
        ("javascript:alert(1)", False),
        ("https://forge.example/a b", False),
    ],
)
def test_playbooks_are_linked_where_they_can_be_and_readiness_says_where_not(
    url: str, is_usable: bool
) -> None:
    settings = Settings.from_environment({"PLAYBOOKS_URL": url})

    assert (url or None if is_usable else None) == settings.playbooks_address
    with (
        nullcontext()
        if is_usable
        else pytest.raises(LinekeeperError, match="PLAYBOOKS_URL is not an address")
    ):
        settings.check_playbooks_url()


TENANT = "3d5e6f70-0002-4000-8000-00000000b002"


@pytest.mark.parametrize(
    "written",
    [
        TENANT,
        TENANT.upper(),
        f" {TENANT} ",
        f"{TENANT}\n",
        f"{{{TENANT.upper()}}}",
        f'"{TENANT}"',
        f"\t{TENANT}\r\n",
    ],
)
def test_a_tenant_is_read_as_tokens_name_it(written: str) -> None:
    settings = Settings.from_environment({"ALERT_AUDIENCE": "api://lobby", "ALERT_TENANT": written})

    settings.check_alert_tenant()

    assert TENANT == settings.alert_tenant


@pytest.mark.parametrize(
    "written",
    ["contoso.com", "contoso.onmicrosoft.com", "CONTOSO.COM", "common", "organizations", TENANT[:-1]],
)
def test_a_tenant_that_is_named_otherwise_is_refused_with_what_to_write(written: str) -> None:
    settings = Settings.from_environment({"ALERT_AUDIENCE": "api://lobby", "ALERT_TENANT": written})

    with pytest.raises(LinekeeperError, match="ALERT_TENANT is not a GUID; expected what `az account show"):
        settings.check_alert_tenant()


@pytest.mark.parametrize("written", [" api://lobby  2222 ", "api://lobby,2222", "api://lobby, 2222\n"])
def test_audiences_are_parted_by_blanks_or_commas(written: str) -> None:
    assert "api://lobby 2222" == Settings.from_environment({"ALERT_AUDIENCE": written}).alert_audience


@pytest.mark.parametrize(
    "written", ["https://login.microsoftonline.com/", " HTTPS://Login.MicrosoftOnline.com ", "", " "]
)
def test_entra_is_read_as_it_names_itself(written: str) -> None:
    settings = Settings.from_environment({"ENTRA_ENDPOINT": written})

    settings.check_entra_endpoint()

    assert "https://login.microsoftonline.com" == settings.entra_endpoint


@pytest.mark.parametrize(
    "written", ["login.microsoftonline.com", f"https://login.microsoftonline.com/{TENANT}", "http://login"]
)
def test_entra_with_a_tenant_or_without_a_scheme_is_refused(written: str) -> None:
    with pytest.raises(LinekeeperError, match="ENTRA_ENDPOINT is not the address of a host"):
        Settings.from_environment({"ENTRA_ENDPOINT": written}).check_entra_endpoint()


def test_settings_are_read_again_when_a_variable_changed_and_only_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NEGOTIATE_KEY", raising=False)
    kept = KeptSettings()
    before = kept.value()
    assert before is kept.value()

    monkeypatch.setenv("NEGOTIATE_KEY", "first")
    assert "first" == kept.value().negotiate_key
    os.environ["NEGOTIATE_KEY"] = "other"
    assert "other" == kept.value().negotiate_key
    monkeypatch.delenv("NEGOTIATE_KEY")
    assert (None, before) == (kept.value().negotiate_key, kept.value())


def test_settings_are_read_each_time_where_the_environment_is_no_usual_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    environment = {"NEGOTIATE_KEY": "first"}
    monkeypatch.setattr(os, "environ", environment)
    kept = KeptSettings()
    assert "first" == kept.value().negotiate_key

    environment["NEGOTIATE_KEY"] = "other"

    assert "other" == kept.value().negotiate_key
