"""Tell what a change touches, by its operation and by the properties that it set.

https://learn.microsoft.com/azure/role-based-access-control/permissions/web-and-mobile
"""

import re
from collections.abc import Iterable

from shared.context.change import Topic

# The first that fits counts. Operations and paths are in lower case.
_OPERATIONS = (
    (r"^microsoft\.(?:web|app)/", Topic.HOST),
    (r"/regeneratekey/action$", Topic.KEYS),
    (r"/(?:restart|start|stop)/action$", Topic.RESTART),
    (r"^microsoft\.signalrservice/webpubsub/(?:hubs|sharedprivatelinkresources)/", Topic.HUB),
    (r"^microsoft\.signalrservice/webpubsub/privateendpointconnections", Topic.NETWORK),
    (r"^microsoft\.signalrservice/webpubsub/replicas/", Topic.REGION),
    (r"^microsoft\.signalrservice/webpubsub/custom(?:certificates|domains)/", Topic.TLS),
    (r"^microsoft\.(?:signalrservice/webpubsub|communication/communicationservices)/", Topic.SERVICE),
)
_PATHS = (
    (r"^properties\.disable(?:localauth|aadauth)$", Topic.SIGN_IN),
    (r"^properties\.(?:networkacls|publicnetworkaccess|privateendpointconnections)", Topic.NETWORK),
    (r"^sku(?:\.|$)", Topic.SCALE),
    (r"^properties\.applicationfirewall", Topic.LIMITS),
    (r"^properties\.resourcestopped$", Topic.RESTART),
    (
        r"^properties\.(?:eventhandlers|hubsetting|anonymousconnectpolicy|websocketkeepalive)|^identity(?:\.|$)",
        Topic.HUB,
    ),
    (r"^properties\.sharedprivatelinkresources", Topic.HUB),
    (r"^properties\.tls", Topic.TLS),
    (r"^properties\.(?:regionendpointenabled|replicas)", Topic.REGION),
    # What is written beside the service: who owns it, and what it logs.
    (
        r"^(?:tags|managedby|systemdata|properties\.(?:livetrace|resourcelog)configuration)(?:\.|\[|$)",
        Topic.UNRELATED,
    ),
)
_TOPICS_OF_OPERATIONS = tuple((re.compile(pattern), topic) for pattern, topic in _OPERATIONS)
_TOPICS_OF_PATHS = tuple((re.compile(pattern), topic) for pattern, topic in _PATHS)


def topics_of(operation: str, paths: Iterable[str]) -> tuple[Topic, ...]:
    """Return what a change touches; what its properties say goes before what its operation says."""
    by_path = {_first(_TOPICS_OF_PATHS, path.lower(), Topic.SERVICE) for path in paths}
    by_operation = _first(_TOPICS_OF_OPERATIONS, operation.lower(), Topic.UNRELATED)
    # A tag of a hub's function does not make its restart unrelated.
    if by_operation not in {Topic.SERVICE, Topic.UNRELATED}:
        by_path = {*by_path, by_operation} - {Topic.UNRELATED, Topic.SERVICE} or {by_operation}
    topics = by_path or {by_operation}
    return tuple(sorted(topics - {Topic.UNRELATED} or {Topic.UNRELATED}))


def _first(rules: Iterable[tuple[re.Pattern[str], Topic]], text: str, otherwise: Topic) -> Topic:
    return next((topic for pattern, topic in rules if pattern.search(text)), otherwise)
