"""What docs/openapi.yaml says of each HTTP function, as something that can be generated from and compared with."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import schemathesis
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.yaml"
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# As the service describes a client of the lobby; nobody proves it.
CLIENT_TOKEN = jwt.encode(
    {"aud": "https://lobby.webpubsub.azure.com/client/hubs/lobby"}, "a key of at least 32 bytes for the lobby"
)
OF_THE_CENTURY = st.integers(1, 36_500).map(
    lambda days: datetime(2000, 1, 1, 12, tzinfo=UTC) + timedelta(days)
)

schemathesis.openapi.format("date-time", OF_THE_CENTURY.map(datetime.isoformat))
schemathesis.openapi.format("alert-id", st.uuids().map("/subscriptions/8f1e/alerts/{}".format))

schemathesis.openapi.format("client-token", st.sampled_from([CLIENT_TOKEN]))

_SCHEMA = schemathesis.openapi.from_path(str(DOCUMENT))
_SCHEMA.config.generation.update(with_security_parameters=False)  # keys have tests of their own
OPERATIONS = {one.ok().label: one.ok() for one in _SCHEMA.get_all_operations()}


def is_as_described(label: str, answer: Any) -> None:
    """Make sure that an answer has a status, type, headers and body that the document names."""
    OPERATIONS[label].Case().validate_response(answer, checks=list(CHECKS))
