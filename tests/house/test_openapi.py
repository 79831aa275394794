"""docs/openapi.yaml names what the app answers: no route or method more, and none less."""

from pathlib import Path
from typing import Any

import yaml

from local.host import functions_of_the_app
from local.host.options import read_options

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.yaml"
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}


def document() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    return found


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (path, method.upper()): operation
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
        if method.upper() in METHODS
    }


def answered() -> dict[tuple[str, str], Any]:
    return {
        (f"/{one.trigger['route']}", str(method)): one
        for one in functions_of_the_app()
        if one.kind == "httpTrigger"
        for method in one.trigger["methods"]
    }


def test_the_document_names_exactly_the_routes_and_methods_of_the_app() -> None:
    assert set(answered()) == set(operations())


def test_each_operation_is_named_as_its_function() -> None:
    named = {key: operation["operationId"].partition(".")[0] for key, operation in operations().items()}

    assert {key: one.name for key, one in answered().items()} == named


def test_a_key_is_asked_for_where_the_function_has_a_level() -> None:
    asked = {
        key for key, one in operations().items() if any("functionKey" in given for given in one["security"])
    }

    assert {key for key, one in answered().items() if one.trigger["authLevel"] == "FUNCTION"} == asked


def test_the_address_ends_with_the_prefix_of_the_host() -> None:
    (server,) = document()["servers"]

    assert server["url"].endswith(f".azurewebsites.net/{read_options().prefix}")


def test_only_readiness_fails_without_naming_a_time_to_come_again() -> None:
    silent = {
        operation["operationId"]
        for operation in operations().values()
        for status, answer in operation["responses"].items()
        if status.startswith("5") and "Retry-After" not in answer["headers"]
    }

    assert {"report_readiness"} == silent
