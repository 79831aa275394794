"""What reaches a function of what a caller sends over HTTP: as the Functions host gives it on, and no more."""

from collections.abc import Iterator

import azure.functions as func
import pytest
import requests
from starlette.applications import Starlette

from local.host import Host, functions_of
from local.host.served import route_of
from local.machine.certificates import certificate
from local.machine.https import address_of, free_port, https_server


@pytest.fixture
def address() -> Iterator[str]:
    app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)

    @app.route(route="lobby")
    def lobby(req: func.HttpRequest) -> str:
        return f"{req.url} {req.get_body().decode()!r}"

    listener = free_port()
    served = Starlette(routes=[route_of(Host(functions_of(app), settings={}))])
    with https_server(served, listener, certificate()):
        yield address_of(listener)


def answer_of(method: str, url: str, **rest: object) -> str:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(certificate())
        return session.request(method, url, timeout=20, **rest).text  # type: ignore[arg-type]


def test_a_body_that_tells_its_length_arrives(address: str) -> None:
    assert f"{address}/api/lobby 'one espresso'" == answer_of(
        "POST", f"{address}/api/lobby", data="one espresso"
    )


def test_a_body_that_does_not_tell_its_length_arrives_empty(address: str) -> None:
    pieces = iter([b"one ", b"espresso"])  # which is sent in chunks

    assert f"{address}/api/lobby ''" == answer_of("POST", f"{address}/api/lobby", data=pieces)


def test_the_address_is_the_one_that_the_caller_used(address: str) -> None:
    host = "lobby.azurewebsites.net"

    answer = answer_of("GET", f"{address}/api/lobby?guest=ada%20l&table=", headers={"Host": host})

    assert f"https://{host}/api/lobby?guest=ada%20l&table= ''" == answer
