"""One narrow row a contact: everything that pages count, without long texts, so that a million are counted at once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textinsight.findings import DRIVER_BITS
from textinsight.measure.base import Mask
from textinsight.measure.facts import Facts
from textinsight.measure.fixlist import brought_on
from textinsight.measure.resolution import fcr_observed
from textinsight.measure.segments import TENURE_BANDS, tenure_codes
from textinsight.store.derived import DERIVED

SCHEMA = DERIVED["contact_facts"]


def contact_facts(
    contacts: pa.Table,
    links: pa.Table,
    threads: pa.Table,
    topics: pa.Table,
    *,
    customer_id: pa.ChunkedArray,
    window_days: int,
    counted: Mapping[str, pa.Array] | None = None,
) -> pa.Table:
    """The table contact_facts, in the order of started_at.

    contacts: with topic_id, topic_label and thread_id, and for customer_id the person who is counted once.
    customer_id: as stored, row by row. topics: for the themes above them. counted: what `counted` gives; without it,
    null. Unknown is null: `is_repeat` and
    `opens_issue` without customer or time, `fcr_observed` also while the window is open.
    """
    facts = Facts(contacts, links, threads, window_days, None)
    unknown = facts.is_unmeasurable
    fcr = fcr_observed(facts).value
    found = {
        "customer_id": customer_id,
        "person": pa.array(facts.customer, mask=facts.customer < 0),
        **themes_of(contacts["topic_id"], topics),
        "tenure_band": _bands(facts),
        "drivers": _drivers(contacts),
        "is_transfer": _known(facts.is_transfer, unknown),
        "is_repeat": _known(facts.is_repeat, unknown),
        "opens_issue": _known(facts.is_opener, unknown),
        "fcr_observed": pa.array(fcr, from_pandas=True),
        "brought_on": pa.array(brought_on(facts)),
        "handle_s": pa.array(facts.duration, from_pandas=True),
        **(counted or {}),
    }
    columns = [found[name] if name in found else _column(contacts, name) for name in SCHEMA.names]
    table = pa.table([c.cast(t) for c, t in zip(columns, SCHEMA.types, strict=True)], schema=SCHEMA)
    return table.sort_by([("started_at", "ascending"), ("conversation_id", "ascending")])


def _column(contacts: pa.Table, name: str) -> pa.Array | pa.ChunkedArray:
    return contacts[name] if name in contacts.column_names else pa.nulls(contacts.num_rows)


def _known(value: Mask, unknown: Mask) -> pa.Array:
    return pa.array(value, mask=unknown)


def _drivers(contacts: pa.Table) -> pa.Array:
    """Which effort drivers each contact has, as bits; 0 without the column."""
    bits = np.zeros(contacts.num_rows, np.int16)
    if "effort_drivers" in contacts.column_names:
        lists = contacts["effort_drivers"].combine_chunks()
        place = pc.index_in(lists.flatten(), value_set=pa.array(DRIVER_BITS)).to_numpy(zero_copy_only=False)
        bit = np.array([*DRIVER_BITS.values()], np.int16)[place]
        np.bitwise_or.at(bits, pc.list_parent_indices(lists).to_numpy(), bit)
    return pa.array(bits)


def _bands(facts: Facts) -> pa.Array:
    codes = tenure_codes(facts)
    return pa.array(TENURE_BANDS).take(pa.array(codes, mask=codes < 0))


def themes_of(topic_id: pa.ChunkedArray, topics: pa.Table) -> dict[str, pa.Array]:
    """theme_id and theme_label of each contact: the topic right above its own, null where there is none."""
    label = dict(zip(topics["topic_id"].to_pylist(), topics["label"].to_pylist(), strict=True))
    ids = topics["topic_id"].combine_chunks()
    parents = topics["parent_id"].to_pylist()
    at = pc.index_in(topic_id, value_set=ids)
    names = pa.array([label.get(parent) for parent in parents], pa.string())
    return {"theme_id": pa.array(parents, pa.string()).take(at), "theme_label": names.take(at)}
