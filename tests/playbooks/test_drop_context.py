"""What went on around a loss of connections: a change of the resource, an incident of the platform."""

from ask_pubsub import ask

from local.rows.pubsub_lives import Lives

DROPS = "web-pubsub-connection-drops"


def _all_gone_at_half_past() -> Lives:
    return (
        Lives()
        .everyday(80)
        .at_once(120, 30, message="Internal server transient error", operation="ConnectionAborted")
    )


def test_a_restart_just_before_is_supported_and_began_before_the_mass_close() -> None:
    lives = _all_gone_at_half_past()
    lives.log.change(29.5, "restart/action", status="Started")
    lives.log.change(29.5, "restart/action")

    change = ask(lives.log, DROPS, "resource-changed")
    closed = ask(lives.log, DROPS, "mass-close")

    assert ("supported", "supported") == (change["Verdict"], closed["Verdict"])
    assert str(change["Onset"]) <= str(closed["Onset"])


def test_a_restart_still_under_way_began_before_the_mass_close() -> None:
    lives = _all_gone_at_half_past()
    lives.log.change(29.6, "restart/action", status="Started")
    lives.log.change(32, "restart/action")
    for row in lives.log.rows["AzureActivity"]:
        row["CorrelationId"] = "one-restart"

    change = ask(lives.log, DROPS, "resource-changed")

    assert "supported" == change["Verdict"]
    assert "under way" in str(change["Summary"])
    assert str(change["Onset"]) <= str(ask(lives.log, DROPS, "mass-close")["Onset"])


def test_a_change_after_the_drops_is_refuted() -> None:
    lives = _all_gone_at_half_past()
    lives.log.change(41, "write")

    assert "refuted" == ask(lives.log, DROPS, "resource-changed")["Verdict"]


def test_a_change_hours_before_is_refuted() -> None:
    lives = _all_gone_at_half_past()
    lives.log.change(-200, "restart/action")

    assert "refuted" == ask(lives.log, DROPS, "resource-changed")["Verdict"]


def test_a_change_in_a_healthy_hour_is_not_weighed() -> None:
    lives = Lives().everyday(400)
    lives.aborted(5, "Connection ping timeout", 0, 60)
    lives.log.change(-1, "write")

    assert "refuted" == ask(lives.log, DROPS, "resource-changed")["Verdict"]


def test_an_incident_of_the_service_here_and_now_is_supported() -> None:
    lives = _all_gone_at_half_past()
    lives.log.declared(40, start=27)

    assert "supported" == ask(lives.log, DROPS, "platform-incident")["Verdict"]


def test_an_incident_elsewhere_or_of_another_service_is_refuted() -> None:
    lives = _all_gone_at_half_past()
    lives.log.declared(40, start=27, region="East US 2")
    lives.log.declared(41, start=27, service="Azure Functions")

    assert "refuted" == ask(lives.log, DROPS, "platform-incident")["Verdict"]
