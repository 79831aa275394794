"""One trigger per module: decode, call shared, encode."""

from functions.report_health import blueprint as report_health

BLUEPRINTS = (report_health,)
