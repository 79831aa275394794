"""Make the self-signed certificate of the servers on this machine, which their callers trust."""

import os
import re
import tempfile
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from uuid import uuid4

from local.machine.places import cache_folder
from shared.clock import Clock, SystemClock

_LIFETIME = timedelta(days=90)
_LEAST_LEFT = timedelta(days=1)
_NAME = re.compile(r"localhost-until-(?P<end>\d{8}T\d{6})-[0-9a-f]{8}\.pem")
_END = "%Y%m%dT%H%M%S"


def certificate(folder: Path | None = None, clock: Clock | None = None) -> Path:
    """Return a PEM file with a key and its self-signed certificate, good for a day at least.

    The name carries its end, and a file is never replaced: a run that serves one certificate is not
    disturbed by another run that makes the next one.
    """
    now = (clock or SystemClock()).now()
    folder = folder or cache_folder("certificates")
    folder.mkdir(parents=True, exist_ok=True)
    ends = {path: end for path in folder.iterdir() if (end := _end_of(path))}
    for path, end in ends.items():
        if end < now:
            path.unlink(missing_ok=True)
    good = [path for path, end in ends.items() if end - now >= _LEAST_LEFT]
    return max(good) if good else _make(folder, now)


def _end_of(path: Path) -> datetime | None:
    match = _NAME.fullmatch(path.name)
    return datetime.strptime(match["end"], _END).replace(tzinfo=UTC) if match else None


def _make(folder: Path, now: datetime) -> Path:
    end = (now + _LIFETIME).replace(microsecond=0)
    path = folder / f"localhost-until-{end.strftime(_END)}-{uuid4().hex[:8]}.pem"
    # The temporary file is readable by its owner only, and so is what it becomes.
    handle, temporary = tempfile.mkstemp(dir=folder, suffix=".tmp")
    with os.fdopen(handle, "wb") as file:
        file.write(_pem(now, end))
    Path(temporary).replace(path)
    return path


def _pem(now: datetime, end: datetime) -> bytes:
    # Loading cryptography takes longer than everything else here, and is needed once in 90 days.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Linekeeper on this machine")])
    hosts = [
        x509.DNSName("localhost"),
        x509.IPAddress(ip_address("127.0.0.1")),
        x509.IPAddress(ip_address("::1")),
    ]
    subject_key = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    signed_certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        # A clock that is a little behind must find it valid too.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(subject_key, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier(subject_key.digest, None, None), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + signed_certificate.public_bytes(serialization.Encoding.PEM)
