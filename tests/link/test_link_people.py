from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from textinsight.link import LinkConfig
from textinsight.link.people import find_people

TEXTS = pa.list_(pa.string())


def people(rows, **config):
    """rows: (customer id, keys, references)."""
    table = pa.table(
        {
            "customer_id": pa.array([r[0] for r in rows], pa.string()),
            "identity_keys": pa.array([list(r[1]) for r in rows], TEXTS),
            "references": pa.array([list(r[2]) if len(r) > 2 else None for r in rows], TEXTS),
        }
    )
    return find_people(table, LinkConfig(**config))


def names(rows, **config):
    return people(rows, **config).person_id.to_pylist()


def test_without_keys_a_person_is_a_customer_id():
    assert names([("kim", ()), (None, ()), ("lee", ())]) == ["kim", None, "lee"]


def test_a_shared_key_joins_ids_and_contacts_without_id():
    found = people([("lee", ("k1",)), ("kim", ("k1", "k2")), (None, ("k2",)), (None, ("k9",)), (None, ())])
    assert found.person_id.to_pylist() == ["kim", "kim", "kim", "k9", None]
    assert (found.n_joined, found.n_by_key, found.n_keys_shared) == (2, 2, 0)


def test_a_key_of_many_customers_joins_nobody():
    rows = [(f"c{i}", ("shop",)) for i in range(4)] + [(None, ("shop",)), (None, ("shop", "own"))]
    found = people(rows)
    assert found.person_id.to_pylist() == ["c0", "c1", "c2", "c3", None, "own"]
    assert found.n_keys_shared == 1
    assert names(rows, max_customers_per_key=4) == ["c0"] * 6


def test_keys_do_not_chain_many_customers_into_one():
    rows = [(f"c{i:02}", (f"k{i}", f"k{i + 1}")) for i in range(12)]
    assert names(rows) == [f"c{i:02}" for i in range(12)]
    assert names(rows[:10]) == ["c00"] * 10


def test_references_tell_only_contacts_of_nobody_and_only_if_asked():
    rows = [("kim", (), ("R1",)), (None, (), ("R1",)), (None, (), ("R7",)), (None, (), ("R7", "R8")), ("lee", ())]
    assert names(rows) == ["kim", None, None, None, "lee"]
    found = people(rows, link_by_reference=True)
    assert found.person_id.to_pylist() == ["kim", "kim", "ref:R7", "ref:R7", "lee"]
    assert found.n_by_reference == 3


def test_a_reference_of_two_people_tells_nobody():
    rows = [("kim", (), ("R1",)), ("lee", (), ("R1",)), (None, (), ("R1",)), (None, (), ("R2", "R3"))]
    rows += [("kim", (), ("R2",)), ("lee", (), ("R3",))]
    assert names(rows, link_by_reference=True)[2:4] == [None, None]


ROWS = st.lists(
    st.tuples(
        st.sampled_from([None, "a", "b", "c", "d", "e", "f"]),
        st.lists(st.sampled_from(["k1", "k2", "k3", "k4"]), unique=True, max_size=3),
        st.lists(st.sampled_from(["R1", "R2", "R3"]), unique=True, max_size=2),
    ),
    max_size=14,
)


@settings(max_examples=120, deadline=None)
@given(ROWS, st.randoms(use_true_random=False), st.booleans())
def test_order_changes_nobody_and_one_id_is_one_person(rows, random, by_reference):
    found = names(rows, link_by_reference=by_reference)
    order = list(range(len(rows)))
    random.shuffle(order)
    assert names([rows[i] for i in order], link_by_reference=by_reference) == [found[i] for i in order]
    assert all(person is not None for person, row in zip(found, rows, strict=True) if row[0])
    for i, row in enumerate(rows):
        assert row[0] is None or {found[j] for j, other in enumerate(rows) if other[0] == row[0]} == {found[i]}
        if not row[0] and not row[1] and not (by_reference and row[2]):
            assert found[i] is None
