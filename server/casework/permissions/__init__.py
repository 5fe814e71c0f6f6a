"""Weighing one action: what it wants beyond its box, which rule of the user's allows that, and why; no decisions."""

from casework.permissions.places import Closed
from casework.permissions.weighing import RuleWeigher

__all__ = ["Closed", "RuleWeigher"]
