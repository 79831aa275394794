"""Hold the templates to what Azure publishes, without a compiler."""

from infra.checks.check import check_folder
from infra.checks.fault import Fault, Rule

__all__ = ["Fault", "Rule", "check_folder"]
