"""The host routes requests as Azure does: prefix, parameters, methods, and keys."""

import azure.functions as func
import pytest

from local.host import Host, functions_of

KEYS = {"x-functions-key": "open-sesame"}


@pytest.fixture
def host() -> Host:
    app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)

    @app.route(route="lobby", auth_level=func.AuthLevel.ANONYMOUS)
    def lobby(req: func.HttpRequest) -> str:
        return f"{req.method} {req.params.get('guest', 'nobody')} {req.get_body().decode()}"

    @app.route(route="rooms/{room:int}/guests/{guest?}", methods=["GET"])
    def guests(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(repr(sorted(req.route_params.items())), status_code=203)

    @app.route(route="files/{*path}", methods=["DELETE"], auth_level=func.AuthLevel.ANONYMOUS)
    def files(req: func.HttpRequest) -> str:
        return req.route_params["path"]

    @app.route(route="letter", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
    def letter(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(f"{sorted(req.params.items())} {req.url}")

    @app.route(route="silence", auth_level=func.AuthLevel.ANONYMOUS)
    def silence(req: func.HttpRequest) -> None:
        """Answer nothing, for which the worker knows no form."""

    @app.route(methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
    def fire_alarm(req: func.HttpRequest) -> str:
        raise RuntimeError("the bell fell down")

    return Host(functions_of(app), settings={}, key="open-sesame")


def answered(host: Host, method: str, path: str, **rest: dict[str, str]) -> tuple[int, str]:
    response = host.request(method, path, **rest)
    return response.status_code, response.get_body().decode()


def test_anyone_enters_what_is_anonymous_with_any_method(host: Host) -> None:
    response = host.request("PUT", "/api/lobby?guest=Ada%20L", body=b"hello")

    assert (200, b"PUT Ada L hello") == (response.status_code, response.get_body())


def test_the_body_of_a_refusal_is_empty(host: Host) -> None:
    assert (401, "") == answered(host, "GET", "/api/rooms/7/guests/ada")


@pytest.mark.parametrize("key", ["", "open-sesam", "öffne-dich"])
def test_a_wrong_key_opens_nothing(host: Host, key: str) -> None:
    assert 401 == host.request("GET", f"/api/rooms/7/guests/ada?code={key}").status_code


def test_the_key_opens_in_the_query_and_in_the_header(host: Host) -> None:
    expected = (203, "[('guest', 'ada'), ('room', '7')]")

    assert expected == answered(host, "GET", "/api/rooms/7/guests/ada?code=open-sesame")
    assert expected == answered(host, "GET", "/api/rooms/7/guests/ada", headers=KEYS)


def test_a_parameter_that_comes_twice_is_one(host: Host) -> None:
    assert (200, "GET Ada,Grace ") == answered(host, "GET", "/api/lobby?guest=Ada&guest=Grace")


def test_an_optional_parameter_may_be_left_out(host: Host) -> None:
    assert (203, "[('room', '7')]") == answered(host, "GET", "/api/rooms/7/guests", headers=KEYS)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/lobby"),
        ("GET", "/api/lobbyist"),
        ("GET", "//[/api/lobby"),
        ("POST", "/api/rooms/7/guests"),
        ("GET", "/api/rooms/seven/guests"),
        ("GET", "/api/rooms/7/guests/ada/more"),
    ],
)
def test_what_no_route_fits_is_not_found(host: Host, method: str, path: str) -> None:
    assert 404 == host.request(method, path, headers=KEYS).status_code


def test_a_rest_of_a_path_is_one_parameter(host: Host) -> None:
    assert (200, "a/b c.txt") == answered(host, "DELETE", "/api/files/a/b%20c.txt")


def test_a_function_that_answers_nothing_is_a_fault(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    assert (500, "") == answered(host, "GET", "/api/silence")
    assert "NoneType" in caplog.text


def test_a_parameter_without_a_value_is_dropped(host: Host) -> None:
    text = answered(host, "POST", "/api/letter?to=&cc&from=ada")[1]

    assert text.startswith("[('from', 'ada')] ")


def test_parameters_whose_names_differ_in_case_are_one(host: Host) -> None:
    text = answered(host, "POST", "/api/letter?To=ada&TO=grace&to=")[1]

    assert text.startswith("[('To', 'ada,grace,')] ")


def test_the_name_of_the_key_may_be_written_in_any_case(host: Host) -> None:
    assert 203 == host.request("GET", "/api/rooms/7/guests/ada?Code=open-sesame").status_code


def test_a_function_learns_the_whole_address(host: Host) -> None:
    text = answered(host, "POST", "/api/letter?from=ada%20l")[1]

    assert text.endswith(" http://localhost:7071/api/letter?from=ada%20l")


def test_a_function_without_a_route_has_its_name_and_its_fault_is_500(
    host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    assert (500, "") == answered(host, "GET", "/api/fire_alarm")
    assert "the bell fell down" in caplog.text
