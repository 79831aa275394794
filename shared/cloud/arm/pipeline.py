"""Make the client of an endpoint of Azure Resource Manager, which sends and returns raw JSON."""

from azure.core import PipelineClient
from azure.core.credentials import TokenCredential
from azure.core.pipeline.policies import (
    BearerTokenCredentialPolicy,
    HeadersPolicy,
    RedirectPolicy,
    RequestIdPolicy,
    UserAgentPolicy,
)
from azure.core.rest import HttpRequest, HttpResponse

from shared.cloud.retries import WithinBudget

# The models of azure-mgmt-webpubsub drop what their version does not know, such as `applicationFirewall`, and write
# defaults of their own; importing them costs 0.2 s and 18 MB. The pipeline below is the one that they are made of.


def arm_client(credential: TokenCredential, endpoint: str) -> PipelineClient[HttpRequest, HttpResponse]:
    """Return a client for the endpoint of a cloud; the audience of its tokens follows it."""
    return PipelineClient(
        endpoint,
        policies=[
            RequestIdPolicy(),
            HeadersPolicy({"Accept": "application/json"}),
            UserAgentPolicy("linekeeper"),
            RedirectPolicy(permit_redirects=False),  # a token is for this host
            WithinBudget(retry_status=3),
            BearerTokenCredentialPolicy(credential, f"{endpoint}/.default"),
        ],
    )
