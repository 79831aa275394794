"""A small Azure in this process: a workspace, metrics, resources and a managed identity behind HTTPS."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.arm import ArmApi, ArmStore
from local.azure.identity import PATH, Identity
from local.machine.certificates import certificate
from local.machine.https import address_of, free_port, https_server
from local.metrics.server import PREFIX, MetricApi
from local.metrics.store import MetricStore
from local.workspace.bodies import error_body
from local.workspace.database import Workspace
from local.workspace.faults import Faults, Traffic
from local.workspace.server import QueryApi
from shared.clock import Clock


@dataclass(frozen=True, slots=True)
class SmallAzure:
    """A running small Azure, and the settings that point the product at it.

    Attributes:
        environment: the settings that point the product here, to be put into `os.environ`. The credential
            looks for `IDENTITY_ENDPOINT` when it is built and reads it again for each token; requests reads
            `REQUESTS_CA_BUNDLE` at each call. So they must stand there before, and while, clients are used.
    """

    environment: dict[str, str]
    workspace: Workspace
    identity: Identity
    api: QueryApi
    metrics: MetricApi
    arm: ArmApi

    @property
    def faults(self) -> Faults:
        """What the query API is to do wrong."""
        return self.api.faults

    @property
    def traffic(self) -> Traffic:
        """What the query API has seen and sent."""
        return self.api.traffic


@contextmanager
def small_azure(
    workspace: Workspace,
    *,
    other_workspaces: Mapping[str, Workspace] | None = None,
    faults: Faults | None = None,
    metrics: MetricStore | None = None,
    arm: ArmStore | None = None,
    clock: Clock | None = None,
) -> Iterator[SmallAzure]:
    """Serve a workspace, and metrics and resources if there are any, on a free port until the block ends.

    `clock` tells Resource Graph when its quota is back. `other_workspaces` are further workspaces by GUID; one query can read those that were made beside each other.
    """
    trusted = certificate()
    listener = free_port()
    address = address_of(listener)
    identity = Identity()
    workspace_id = str(uuid4())
    api = QueryApi(
        workspace,
        workspace_id,
        identity,
        frozenset({address}),
        other_workspaces=other_workspaces,
        faults=faults,
    )
    metric_api = MetricApi(metrics or MetricStore(), identity)
    arm_api = ArmApi(arm or ArmStore(), identity, address, clock)
    environment = {
        "LOGS_ENDPOINT": address,
        "LOGS_WORKSPACE": workspace_id,
        "METRICS_ENDPOINT": address + PREFIX,
        "ARM_ENDPOINT": arm_api.endpoint,
        "IDENTITY_ENDPOINT": address + PATH,
        "IDENTITY_HEADER": identity.header,
        "REQUESTS_CA_BUNDLE": str(trusted),
    }
    app = Starlette(
        routes=[*api.routes(), *metric_api.routes(), *arm_api.routes(), *identity.routes()],
        exception_handlers={Exception: _say_what_broke},
    )
    with https_server(app, listener, trusted):
        try:
            yield SmallAzure(environment, workspace, identity, api, metric_api, arm_api)
        finally:
            api.close()


async def _say_what_broke(_: Request, error: Exception) -> Response:
    return JSONResponse(error_body("InternalServerError", f"the small Azure itself broke: {error!r}"), 500)
