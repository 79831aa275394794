"""Missing tables are remembered for an hour, and then asked for again."""

from datetime import UTC, datetime, timedelta

from shared.signals.absent import FORGOTTEN_AFTER, AbsentTables

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LOBBY = ("lobby-logs", "WebPubSubMessaging")
MINUTE = timedelta(minutes=1)


def test_knows_a_missing_table_until_an_hour_has_passed() -> None:
    absent = AbsentTables()
    absent.remember([LOBBY], NOON)

    assert {"lobby-logs": frozenset({"WebPubSubMessaging"})} == absent.by_workspace(
        NOON + FORGOTTEN_AFTER - MINUTE
    )
    assert {} == absent.by_workspace(NOON + FORGOTTEN_AFTER)


def test_being_left_out_again_does_not_make_the_hour_longer() -> None:
    absent = AbsentTables()
    absent.remember([LOBBY], NOON)
    absent.remember([LOBBY], NOON + 30 * MINUTE)

    assert {} == absent.by_workspace(NOON + FORGOTTEN_AFTER)


def test_forgets_a_table_that_has_come() -> None:
    absent = AbsentTables()
    absent.remember([LOBBY], NOON)
    absent.remember([], NOON + MINUTE)

    assert {} == absent.by_workspace(NOON + MINUTE)
