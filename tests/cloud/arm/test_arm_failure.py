from http import HTTPStatus

import pytest
from azure.core.exceptions import ClientAuthenticationError

from shared.cloud.arm.failure import unavailable
from shared.context.ports import Absence


def refused(status: int) -> ClientAuthenticationError:
    error = ClientAuthenticationError(message="AADSTS700016: the application was not found")
    error.status_code = status
    return error


def test_a_login_that_is_refused_as_wrong_is_no_question_that_is() -> None:
    gap = unavailable(refused(HTTPStatus.BAD_REQUEST), "WebPubSub/lobby")

    assert (Absence.FORBIDDEN, None) == (gap.absence, gap.role)
    assert gap.reason.startswith("WebPubSub/lobby: no token for Azure Resource Manager: AADSTS700016")


@pytest.mark.parametrize("status", [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN])
def test_what_the_resource_manager_refuses_needs_a_role(status: int) -> None:
    gap = unavailable(refused(status), "WebPubSub/lobby")

    assert (Absence.FORBIDDEN, "Reader") == (gap.absence, gap.role)
