"""One trigger per module: decode, call shared, encode."""

from functions.collect_poison_alerts import blueprint as collect_poison_alerts
from functions.collect_poison_notices import blueprint as collect_poison_notices
from functions.collect_poison_pushed import blueprint as collect_poison_pushed
from functions.collect_poison_urgent_alerts import blueprint as collect_poison_urgent_alerts
from functions.collect_poison_work import blueprint as collect_poison_work
from functions.deliver_notice import blueprint as deliver_notice
from functions.diagnose_incident import blueprint as diagnose_incident
from functions.discover_resources import blueprint as discover_resources
from functions.find_missed_alerts import blueprint as find_missed_alerts
from functions.handle_alert import blueprint as handle_alert
from functions.handle_urgent_alert import blueprint as handle_urgent_alert
from functions.issue_acs_token import blueprint as issue_acs_token
from functions.judge_pushed import blueprint as judge_pushed
from functions.negotiate import blueprint as negotiate
from functions.receive_alert import blueprint as receive_alert
from functions.receive_pubsub_event import blueprint as receive_pubsub_event
from functions.refresh import blueprint as refresh
from functions.refresh_acs_token import blueprint as refresh_acs_token
from functions.report_board import blueprint as report_board
from functions.report_health import blueprint as report_health
from functions.report_readiness import blueprint as report_readiness
from functions.respond_to_incident import blueprint as respond_to_incident
from functions.review_configuration import blueprint as review_configuration
from functions.revoke_acs_tokens import blueprint as revoke_acs_tokens
from functions.send_due_notices import blueprint as send_due_notices
from functions.set_alert_states import blueprint as set_alert_states
from functions.track_incidents import blueprint as track_incidents
from functions.try_line import blueprint as try_line
from functions.watch_connectivity import blueprint as watch_connectivity
from functions.watch_service_health import blueprint as watch_service_health
from shared.redaction import keep_logs_safe

keep_logs_safe()

BLUEPRINTS = (
    collect_poison_alerts,
    collect_poison_notices,
    collect_poison_pushed,
    collect_poison_urgent_alerts,
    collect_poison_work,
    deliver_notice,
    diagnose_incident,
    discover_resources,
    find_missed_alerts,
    handle_alert,
    handle_urgent_alert,
    issue_acs_token,
    judge_pushed,
    negotiate,
    receive_alert,
    receive_pubsub_event,
    refresh,
    refresh_acs_token,
    report_board,
    report_health,
    report_readiness,
    respond_to_incident,
    review_configuration,
    revoke_acs_tokens,
    send_due_notices,
    set_alert_states,
    track_incidents,
    try_line,
    watch_connectivity,
    watch_service_health,
)
