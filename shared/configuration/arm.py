"""Read ARM resource ids, and write them as Linekeeper keys them."""

import re

from shared.errors import InputError

ARM_ID_FORM = "/subscriptions/<id>/resourceGroups/<group>/providers/<namespace>/<type>/<name>"

_ARM_ID = re.compile(r"/subscriptions/[^/]+/resourcegroups/[^/]+/providers/(?P<type>[^/]+/[^/]+)/[^/]+")
_REPLICA = re.compile(r"/replicas/[^/]+$")


def resource_id(text: str, *, where: str = "resource") -> str:
    """Return an ARM id as Linekeeper keys it: lower case, a replica folded into its parent.

    Raises:
        InputError: the text is not an ARM resource id.
    """
    folded = _REPLICA.sub("", text.strip().lower().rstrip("/"))
    if not _ARM_ID.fullmatch(folded):
        raise InputError(where, f"{text!r} is not an ARM resource id", ARM_ID_FORM)
    return folded


def resource_type(resource: str) -> str:
    """Return the ARM type of a keyed resource id, such as `microsoft.signalrservice/webpubsub`.

    Raises:
        InputError: the text is not an ARM resource id.
    """
    match = _ARM_ID.fullmatch(resource_id(resource))
    assert match is not None  # resource_id has just matched it
    return match["type"]
