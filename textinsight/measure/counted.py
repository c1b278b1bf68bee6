"""Which contacts other tables count: kept with each contact, so that a figure leads to exactly those behind it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from textinsight.findings import FOLLOW_BITS
from textinsight.measure.catalogue import WINDOWS
from textinsight.measure.facts import Facts, Ints
from textinsight.measure.handle import handle_quartile
from textinsight.measure.windows import Linked, Windows


def counted(
    contacts: pa.Table,
    links: pa.Table,
    threads: pa.Table,
    *,
    window_days: int,
    wider: Mapping[int, Linked] | None = None,
) -> dict[str, pa.Array]:
    """`handle_quartile` and `follows` of contact_facts, row by row.

    handle_quartile: under `window_days`, as the table handle_time counts. follows: the bits of FOLLOW_BITS for each of
    WINDOWS, the shortest lowest, as `related_share_of_followups` and `downstream_share_of_linked` count; none for a
    window that was not linked.
    """
    within = Windows.of(Facts(contacts, links, threads, window_days, None), wider or {})
    quartile = handle_quartile(within.facts)
    bits = np.zeros(len(contacts), np.int64)
    for place, days in enumerate(WINDOWS):
        facts = within.at(days)
        if facts is not None:
            bits |= _follows(facts) << place * len(FOLLOW_BITS)
    return {"handle_quartile": pa.array(quartile, pa.int8(), mask=quartile == 0), "follows": pa.array(bits, pa.int16())}


def _follows(facts: Facts) -> Ints:
    told = {
        "follow_up": facts.is_follow_up,
        "same_issue": facts.is_later_in("same_issue") & ~facts.is_transfer,
        "downstream": facts.is_later_in("downstream") & ~facts.is_transfer,
    }
    return sum((told[name] * np.int64(bit) for name, bit in FOLLOW_BITS.items()), np.zeros(len(facts), np.int64))
