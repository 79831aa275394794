"""Blobs in memory: block blobs with ETags and leases, read whole or by range."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

from tests.simulation.storage.wire import Answer, Now, RefusalError, Request, as_http

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_NO_BLOB = RefusalError(404, "BlobNotFound", "The specified blob does not exist.")
_CONDITION = RefusalError(
    412,
    "ConditionNotMet",
    "The condition specified using HTTP conditional header(s) is not met.",
)


@dataclass(frozen=True, slots=True)
class Lease:
    """Who alone may write a blob; `ends` is None where that has no end."""

    id: str
    ends: datetime | None
    length: timedelta | None


@dataclass(frozen=True, slots=True)
class Blob:
    """One blob."""

    content: bytes
    etag: str
    written: datetime
    lease: Lease | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)  # by the names of its headers


@dataclass
class Blobs:
    """The containers of an account; `observe` is called with the container and the name of each blob that changes."""

    now: Now
    observe: Callable[[str, str], None] = lambda *_: None
    containers: dict[str, dict[str, Blob]] = field(default_factory=dict)
    _writes: int = 0

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        try:
            return self._answer(request)
        except RefusalError as refusal:
            text = f"<Error><Code>{refusal.code}</Code><Message>{escape(refusal.text)}</Message></Error>"
            headers = {"x-ms-error-code": refusal.code, "content-type": "application/xml", **refusal.headers}
            body = b"" if request.method == "HEAD" else text.encode()
            return Answer(refusal.status, headers, body)

    def _answer(self, request: Request) -> Answer:
        container, _, name = request.path.partition("/")
        if not name:
            return self._container(container, request)
        if container not in self.containers:
            raise RefusalError(404, "ContainerNotFound", "The specified container does not exist.")
        blobs = self.containers[container]
        if request.query.get("comp") == "lease":
            return self._lease(blobs, name, request)
        if request.query.get("comp") == "snapshot":
            return self._snapshot(blobs, name, request)
        if request.method == "PUT":
            return self._put(container, name, request)
        blob = blobs.get(name)
        if blob is None:
            raise _NO_BLOB
        if request.method == "DELETE":
            _check_conditions(request, blob)
            self._check_lease(request, blob)
            del blobs[name]
            self.observe(container, name)
            return Answer(202)
        return _read(blob, request)

    def _container(self, name: str, request: Request) -> Answer:
        if request.method == "PUT":
            if name in self.containers:
                raise RefusalError(409, "ContainerAlreadyExists", "The specified container already exists.")
            self.containers[name] = {}
            return Answer(201, self._stamp())
        if name not in self.containers:
            raise RefusalError(404, "ContainerNotFound", "The specified container does not exist.")
        if request.query.get("comp") == "list":
            return self._list(name, request.query.get("prefix", ""))
        return Answer(200, {"etag": '"0x1"', "last-modified": as_http(self.now())})

    def _list(self, container: str, prefix: str) -> Answer:
        blobs = "".join(
            f"<Blob><Name>{escape(name)}</Name><Properties><Last-Modified>{as_http(blob.written)}</Last-Modified>"
            f"<Etag>{escape(blob.etag)}</Etag><Content-Length>{len(blob.content)}</Content-Length>"
            "<BlobType>BlockBlob</BlobType></Properties></Blob>"
            for name, blob in sorted(self.containers[container].items())
            if name.startswith(prefix)
        )
        body = (
            f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="{container}">'
            f"<Prefix>{escape(prefix)}</Prefix><Blobs>{blobs}</Blobs><NextMarker /></EnumerationResults>"
        )
        return Answer(200, {"content-type": "application/xml"}, body.encode())

    def _put(self, container: str, name: str, request: Request) -> Answer:
        blobs = self.containers[container]
        before = blobs.get(name)
        if before is not None and request.headers.get("if-none-match") == "*":
            raise RefusalError(409, "BlobAlreadyExists", "The specified blob already exists.")
        _check_conditions(request, before)
        if before is not None:
            self._check_lease(request, before)
        stamp = self._stamp()
        lease = before.lease if before else None
        metadata = {name: text for name, text in request.headers.items() if name.startswith("x-ms-meta-")}
        blobs[name] = Blob(request.body, stamp["etag"], self.now(), lease, metadata)
        self.observe(container, name)
        return Answer(201, {**stamp, "x-ms-request-server-encrypted": "true"})

    def _snapshot(self, blobs: dict[str, Blob], name: str, request: Request) -> Answer:
        """Keep a blob as it is; nobody here reads a snapshot."""
        blob = blobs.get(name)
        if blob is None:
            raise _NO_BLOB
        _check_conditions(request, blob)
        taken = f"{self.now().astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"
        headers = {"etag": blob.etag, "last-modified": as_http(blob.written), "x-ms-snapshot": taken}
        return Answer(201, headers)

    def _lease(self, blobs: dict[str, Blob], name: str, request: Request) -> Answer:
        blob = blobs.get(name)
        if blob is None:
            raise _NO_BLOB
        action, own = request.headers["x-ms-lease-action"], request.headers.get("x-ms-lease-id", "")
        if action == "acquire":
            return self._acquire(blobs, name, request)
        if action == "break":
            lease, status = None, 202
        elif blob.lease is None or blob.lease.id != own:
            raise RefusalError(
                409,
                "LeaseIdMismatchWithLeaseOperation",
                "The lease ID specified did not match the lease ID for the blob.",
            )
        else:
            lease = self._begun(own, blob.lease.length) if action == "renew" else None
            status = 200
        blobs[name] = replace(blob, lease=lease)
        headers = {"etag": blob.etag, "last-modified": as_http(blob.written)}
        return Answer(status, headers | ({"x-ms-lease-id": own} if lease else {}))

    def _acquire(self, blobs: dict[str, Blob], name: str, request: Request) -> Answer:
        blob, wanted = blobs[name], request.headers.get("x-ms-proposed-lease-id", "")
        if self._holds(blob) and blob.lease is not None and blob.lease.id != wanted:
            raise RefusalError(409, "LeaseAlreadyPresent", "There is already a lease present.")
        seconds = int(request.headers["x-ms-lease-duration"])
        lease = self._begun(wanted, None if seconds < 0 else timedelta(seconds=seconds))
        blobs[name] = replace(blob, lease=lease)
        headers = {"etag": blob.etag, "last-modified": as_http(blob.written), "x-ms-lease-id": lease.id}
        return Answer(201, headers)

    def _begun(self, id_: str, length: timedelta | None) -> Lease:
        return Lease(id_, None if length is None else self.now() + length, length)

    def _holds(self, blob: Blob) -> bool:
        return blob.lease is not None and (blob.lease.ends is None or blob.lease.ends > self.now())

    def _check_lease(self, request: Request, blob: Blob) -> None:
        own = request.headers.get("x-ms-lease-id", "")
        if self._holds(blob) and not own:
            raise RefusalError(
                412,
                "LeaseIdMissing",
                "There is currently a lease on the blob and no lease ID was specified in the request.",
            )
        if own and (blob.lease is None or blob.lease.id != own):
            raise RefusalError(
                412,
                "LeaseIdMismatchWithBlobOperation",
                "The lease ID specified did not match the lease ID for the blob.",
            )

    def _stamp(self) -> dict[str, str]:
        self._writes += 1
        return {"etag": f'"0x{self._writes:015X}"', "last-modified": as_http(self.now())}


def _check_conditions(request: Request, blob: Blob | None) -> None:
    expected = request.headers.get("if-match")
    if expected is not None and (blob is None or expected not in ("*", blob.etag)):
        raise _CONDITION


def _read(blob: Blob, request: Request) -> Answer:
    _check_conditions(request, blob)
    if request.headers.get("if-none-match") == blob.etag:
        raise RefusalError(304, "ConditionNotMet")
    size = len(blob.content)
    headers: Mapping[str, str] = {
        "etag": blob.etag,
        "last-modified": as_http(blob.written),
        "x-ms-blob-type": "BlockBlob",
        "accept-ranges": "bytes",
        "content-type": "application/octet-stream",
        **blob.metadata,
    }
    if request.method == "HEAD":
        return Answer(200, {**headers, "content-length": str(size)})
    match = _RANGE.fullmatch(request.headers.get("x-ms-range", request.headers.get("range", "")))
    if match is None:
        return Answer(200, {**headers, "content-length": str(size)}, blob.content)
    first, last = int(match[1]), int(match[2] or size)
    if first >= size:
        raise RefusalError(
            416,
            "InvalidRange",
            "The range specified is invalid for the current size of the resource.",
            {"content-range": f"bytes */{size}"},
        )
    part = blob.content[first : last + 1]
    shown = f"bytes {first}-{first + len(part) - 1}/{size}"
    return Answer(206, {**headers, "content-length": str(len(part)), "content-range": shown}, part)
