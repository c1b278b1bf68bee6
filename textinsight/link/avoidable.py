"""Which first contact, had it answered the next question too, would have avoided how many later contacts."""

from __future__ import annotations

import math

import pyarrow as pa
import pyarrow.compute as pc

from textinsight.link.clusters import Labels, RealEdge, real_edges
from textinsight.link.config import LinkConfig
from textinsight.link.costs import COST_PER_CONTACT, check_cost
from textinsight.store.derived import DERIVED

_DEFAULT = LinkConfig()
_Z = 1.959964


def find_avoidable(
    edges: pa.Table,
    pairs: pa.Table,
    labels: Labels,
    *,
    window_days: int = 14,
    cost_per_contact: float = COST_PER_CONTACT,
    config: LinkConfig = _DEFAULT,
) -> pa.Table:
    """The avoidable table of one window, most avoidable contacts first: a row for each significant edge A → B.

    contacts: of the B issues that followed A, repeats of B included; what B brings on in turn is not (one step only).
    avoidable = contacts × (rate − base) / rate, with the 95% interval of rate − base (both rates may be chance).
    An issue that two topics may have brought on stands in both rows, so rows do not add up over topic_a.
    pairs: `edge_pairs` of the window. Raises UsageError for a negative cost.
    """
    check_cost(cost_per_contact)
    counted = pairs.group_by(["topic_a", "topic_b"]).aggregate([("n_contacts", "sum")])
    named = zip(*(counted[name].to_pylist() for name in ("topic_a", "topic_b", "n_contacts_sum")), strict=True)
    contacts = {(a, b): int(n) for a, b, n in named}
    found = real_edges(edges, window_days=window_days, config=config)
    rows = [_row(edge, contacts[edge.key], labels, window_days, cost_per_contact) for edge in found]
    table = pa.Table.from_pylist(rows, schema=DERIVED["avoidable"])
    order = [("avoidable", "descending"), ("topic_a", "ascending"), ("topic_b", "ascending")]
    return table.take(pc.sort_indices(table, order))


def _row(edge: RealEdge, contacts: int, labels: Labels, window_days: int, cost: float) -> dict[str, object]:
    low, high = excess_interval(edge)
    avoidable = contacts * edge.share
    return {
        "topic_a": edge.topic_a,
        "label_a": labels.get(edge.topic_a, edge.topic_a),
        "topic_b": edge.topic_b,
        "label_b": labels.get(edge.topic_b, edge.topic_b),
        "window_days": window_days,
        "n_starts": edge.n_starts,
        "n_followed": edge.n_followed,
        "contacts": contacts,
        "share": edge.share,
        "avoidable": avoidable,
        "low": contacts * low / edge.rate,
        "high": contacts * high / edge.rate,
        "per_100_starts": 100 * avoidable / edge.n_starts,
        "cost_per_contact": cost,
        "cost": avoidable * cost,
    }


def excess_interval(edge: RealEdge) -> tuple[float, float]:
    """95% interval of rate − base from the intervals of both (Newcombe; square-and-add), low at least 0.

    The base rate's own interval is what the lift's leaves over once the rate's part is taken off.
    """
    rate, n = edge.rate, edge.n_starts
    centre, half = _wilson(rate, n)
    spread = math.log(edge.lift_high / edge.lift_low) / (2 * _Z)
    of_base = math.sqrt(max(spread**2 - (1 - rate) / edge.n_followed, 0.0))
    base_low, base_high = (min(edge.base_rate * math.exp(sign * _Z * of_base), 1.0) for sign in (-1, 1))
    excess = rate - edge.base_rate
    down = math.hypot(rate - (centre - half), base_high - edge.base_rate)
    up = math.hypot(centre + half - rate, edge.base_rate - base_low)
    return max(excess - down, 0.0), excess + up


def _wilson(share: float, n: int) -> tuple[float, float]:
    """Centre and half width of Wilson's 95% interval."""
    scale = 1 + _Z**2 / n
    half = _Z / scale * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return (share + _Z**2 / (2 * n)) / scale, half
