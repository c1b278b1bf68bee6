"""What a contact costs: a setting, as no conversation tells it."""

from __future__ import annotations

import math

from textinsight.errors import UsageError

COST_PER_CONTACT = 5.0
"""In the currency of whoever reads the table. A round placeholder for a handled contact: set your own."""


def check_cost(cost_per_contact: float) -> float:
    """The cost, UsageError unless it is a finite number of 0 or more."""
    if not (math.isfinite(cost_per_contact) and cost_per_contact >= 0):
        raise UsageError(f"the cost of a contact must be 0 or more, got {cost_per_contact}", hint="cost_per_contact=5")
    return cost_per_contact
