"""A kept measure: linking in batches, in any order, gives what linking at once gives."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textinsight.errors import StoreError
from textinsight.link import Known, LinkConfig, LinkState, build, update
from textinsight.store.derived import DERIVED

DAY_US = 86_400_000_000
TIME = pa.timestamp("us", tz="UTC")


@pytest.fixture(scope="module")
def made(planted_world):
    contacts, vectors = planted_world()
    return contacts, vectors, build(contacts, vectors)


def by_id(table):
    return {(r["conversation_id"], r["earlier_id"], r["relation"]): r for r in table.to_pylist()}


def assert_same_links(one, other):
    first, second = by_id(one), by_id(other)
    assert first.keys() == second.keys()
    for key, row in first.items():
        assert row["probability"] == pytest.approx(second[key]["probability"], abs=1e-5)
        assert row["reviewed"] == second[key]["reviewed"]
        assert [(e["signal"], e["value"]) for e in row["evidence"]] == [
            (e["signal"], e["value"]) for e in second[key]["evidence"]
        ]


def in_batches(contacts, vectors, batch, state, reviews=None):
    """Linked batch by batch (batch: (n,) the number of each contact's)."""
    links, person, thread = DERIVED["links"].empty_table(), {}, {}
    for number in np.unique(batch).tolist():
        have = batch <= number
        table = contacts.filter(pa.array(have))
        ids = table["conversation_id"].to_pylist()
        known = Known(
            pa.array([person.get(i) for i in ids], pa.string()), pa.array([thread.get(i) for i in ids], pa.string()),
            batch[have] == number, links,
        )  # fmt: skip
        found = update(table, vectors[have], known, state, reviews=reviews)
        links = found.links
        person = dict(zip(ids, found.person_id.to_pylist(), strict=True))
        thread = dict(zip(ids, found.thread_of.to_pylist(), strict=True))
    return found


def test_the_world_has_both_kinds_of_links_and_an_edge(made):
    _, _, at_once = made
    relations = at_once.links["relation"].to_pylist()
    assert relations.count("same_issue") > 100
    assert relations.count("downstream") > 50
    assert at_once.counts.by_key > 20
    assert at_once.counts.ids_joined > 10
    assert at_once.state.causes.topic_a == ("t1",)


def test_the_kept_measure_links_as_the_taken_one_did(made):
    contacts, vectors, at_once = made
    again = build(contacts, vectors, state=LinkState.from_bytes(at_once.state.to_bytes()))
    assert_same_links(at_once.links, again.links)
    assert again.threads.equals(at_once.threads)
    assert again.edges.equals(at_once.edges)


@settings(max_examples=6, deadline=None)
@given(st.lists(st.floats(0, 125), min_size=1, max_size=3), st.booleans(), st.integers(0, 99))
def test_any_batches_in_time_or_not_give_what_linking_at_once_gives(made, cuts, by_time, seed):
    contacts, vectors, at_once = made
    day = pc.cast(contacts["started_at"], pa.int64()).to_numpy() / DAY_US
    batch = np.searchsorted(sorted(cuts), day)
    batch = batch if by_time else np.random.default_rng(seed).permutation(batch)
    found = in_batches(contacts, vectors, batch, at_once.state)
    assert_same_links(at_once.links, found.links)
    assert found.thread_of.equals(at_once.thread_of)
    assert found.threads.equals(at_once.threads)
    assert found.edges.equals(at_once.edges)
    assert found.counts.linkable == at_once.counts.linkable


def test_only_people_with_something_new_are_looked_at(made):
    contacts, vectors, at_once = made
    last = pc.max(contacts["started_at"]).as_py()
    day = pc.cast(contacts["started_at"], pa.int64()).to_numpy()
    batch = (day >= int(last.timestamp() * 1e6) - DAY_US).astype(np.int64)
    found = in_batches(contacts, vectors, batch, at_once.state)
    assert 0 < found.counts.relinked < at_once.counts.relinked / 4


def test_a_key_that_becomes_many_customers_own_parts_them_again(made):
    _, _, at_once = made
    names = ["a", "b", "c", "d"]
    contacts = pa.table(
        {
            "conversation_id": names,
            "customer_id": names,
            "identity_keys": pa.array([["shop"]] * 4, pa.list_(pa.string())),
            "started_at": pa.array([i * DAY_US for i in range(4)], TIME),
            "stated_repeat": [True] * 4,
            "resolution": ["unresolved"] * 4,
            "topic_id": ["t1"] * 4,
        }
    )
    vectors = np.tile(np.eye(16, dtype=np.float16)[:1], (4, 1))
    three = build(contacts.slice(0, 3), vectors[:3], state=at_once.state)
    assert three.links.num_rows == 2
    four = in_batches(contacts, vectors, np.array([0, 0, 0, 1]), at_once.state)
    assert four.links.num_rows == 0
    assert four.thread_of.to_pylist() == ["t-a", "t-b", "t-c", "t-d"]


def test_what_is_no_state_is_refused_and_growth_is_told(made):
    state = made[2].state
    with pytest.raises(StoreError, match="cannot be read"):
        LinkState.from_bytes(b"no state")
    assert not state.outgrown(2 * state.fitted_on - 1)
    assert state.outgrown(2 * state.fitted_on)
    assert LinkConfig().max_customers_per_key == 3
