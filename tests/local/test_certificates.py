import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from local.machine.certificates import certificate
from shared.clock import SystemClock

NOON = datetime(2025, 2, 25, 12, tzinfo=UTC)


@dataclass(frozen=True)
class StillClock:
    time: datetime

    def now(self) -> datetime:
        return self.time


def at(days: float) -> StillClock:
    return StillClock(NOON + timedelta(days=days))


def test_makes_a_key_and_a_certificate_that_can_be_served_and_trusted(tmp_path: Path) -> None:
    file = certificate(tmp_path, SystemClock())

    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file)
    trusted = ssl.create_default_context(cafile=str(file)).get_ca_certs()

    assert 1 == len(trusted)


def test_uses_one_certificate_until_its_last_day(tmp_path: Path) -> None:
    assert certificate(tmp_path, at(0)) == certificate(tmp_path, at(88.9))


def test_makes_another_on_the_last_day_and_leaves_the_old_one_to_who_still_serves_it(tmp_path: Path) -> None:
    old = certificate(tmp_path, at(0))

    assert old != certificate(tmp_path, at(89.5))
    assert old.exists()


def test_throws_away_what_has_ended(tmp_path: Path) -> None:
    old = certificate(tmp_path, at(0))
    certificate(tmp_path, at(91))

    assert not old.exists()


def test_keeps_the_key_from_other_users(tmp_path: Path) -> None:
    assert 0o600 == certificate(tmp_path, at(0)).stat().st_mode & 0o777


def test_runs_that_start_together_each_get_a_whole_certificate(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        files = list(threads.map(lambda _: certificate(tmp_path, at(0)), range(16)))

    for file in files:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file)
    assert [] == list(tmp_path.glob("*.tmp"))
