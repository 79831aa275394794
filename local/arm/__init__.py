"""A stand-in of Azure Resource Manager, Resource Graph and resource health."""

from local.arm.case_files import arm_from, has_arm
from local.arm.server import ArmApi
from local.arm.store import ArmStore

__all__ = ["ArmApi", "ArmStore", "arm_from", "has_arm"]
