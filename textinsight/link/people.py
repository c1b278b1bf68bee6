"""Who contacted: contacts that share a customer id or an identity key are one person.

A key that many customer ids share is a switchboard's or a shop's own and joins nobody; nor do keys that would chain
many ids into one. Contacts with neither id nor key belong to nobody and are not linked, unless references may tell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from textinsight.link.config import LinkConfig

Ints = npt.NDArray[np.int64]

_NOBODY, _SEVERAL = -1, -2


@dataclass(frozen=True, slots=True)
class People:
    """person_id: (n,) names, null where nobody is known. n_joined: ids that share a person with another id.

    n_by_key, n_by_reference: contacts without customer id that a key or a reference told. n_keys_shared: keys left out.
    """

    person_id: pa.Array
    n_joined: int = 0
    n_by_key: int = 0
    n_by_reference: int = 0
    n_keys_shared: int = 0


def find_people(contacts: pa.Table, config: LinkConfig) -> People:
    """The person of every contact, from customer_id, identity_keys and (if allowed) references.

    A person is named after the smallest customer id that it has, else after its smallest key or reference.
    """
    ids = contacts["customer_id"].combine_chunks().cast(pa.string())
    people = _by_key(ids, contacts, config)
    return _by_reference(people, contacts) if config.link_by_reference else people


def _by_key(ids: pa.Array, contacts: pa.Table, config: LinkConfig) -> People:
    row, key = _listed(contacts, "identity_keys")
    if not len(row):
        return People(ids)
    names, n_ids = _distinct(ids, key)
    id_node = pc.index_in(ids, names.slice(0, n_ids)).fill_null(_NOBODY).to_numpy().astype(np.int64)
    key_node = n_ids + pc.index_in(key, names.slice(n_ids)).to_numpy().astype(np.int64)
    shared = _shared(id_node[row], key_node, len(names), config.max_customers_per_key)
    row, key_node = row[~shared[key_node]], key_node[~shared[key_node]]
    first = np.full(len(ids), _NOBODY)
    first[row[::-1]] = key_node[::-1]
    node = np.where(id_node >= 0, id_node, first)  # a contact without id stands at its first key
    group = _unchained(_components(node[row], key_node, len(names)), n_ids, config.max_customers_per_person)
    told = node >= 0
    person_id = _names(names, n_ids, group).take(pa.array(np.where(told, group[node], 0), mask=~told))
    joined = np.bincount(group[:n_ids], minlength=1)[group[:n_ids]] > 1
    return People(person_id, int(joined.sum()), int((told & (id_node < 0)).sum()), 0, int(shared.sum()))


def _distinct(ids: pa.Array, key: pa.Array) -> tuple[pa.Array, int]:
    """(the distinct customer ids, then the distinct keys; how many ids)."""
    known, keys = pc.unique(ids.drop_null()), pc.unique(key)
    return pa.concat_arrays([known, keys]), len(known)


def _listed(contacts: pa.Table, name: str) -> tuple[Ints, pa.Array]:
    """(row, value) of every entry of a list column that is there."""
    if name not in contacts.column_names:
        return np.empty(0, np.int64), pa.array([], pa.string())
    column = contacts[name].combine_chunks()
    rows = pc.list_parent_indices(column).to_numpy().astype(np.int64)
    return rows, pc.list_flatten(column).cast(pa.string())


def _shared(id_node: Ints, key_node: Ints, n: int, most: int) -> npt.NDArray[np.bool_]:
    """(n,) keys that more customer ids use than one person has."""
    pairs = np.unique(np.stack([key_node, id_node], axis=1)[id_node >= 0], axis=0)
    return np.asarray(np.bincount(pairs[:, 0], minlength=n) > most)


def _components(one: Ints, other: Ints, n: int) -> Ints:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    joined = coo_matrix((np.ones(len(one), np.int8), (one, other)), shape=(n, n))
    return np.asarray(connected_components(joined, directed=False)[1], np.int64)


def _unchained(group: Ints, n_ids: int, most: int) -> Ints:
    """Groups of more ids than one person may have fall apart: each id and each key is on its own again."""
    size = np.bincount(group[:n_ids], minlength=int(group.max(initial=-1)) + 1)
    return np.where(size[group] > most, len(size) + np.arange(len(group)), group)


def _names(nodes: pa.Array, n_ids: int, group: Ints) -> pa.Array:
    """(largest group + 1,) the smallest id of each group, else its smallest key."""
    order = pc.sort_indices(nodes).to_numpy().astype(np.int64)
    order = np.concatenate([order[order >= n_ids], order[order < n_ids]])
    chosen = np.zeros(int(group.max()) + 1, np.int64)
    chosen[group[order[order >= n_ids]][::-1]] = order[order >= n_ids][::-1]
    chosen[group[order[order < n_ids]][::-1]] = order[order < n_ids][::-1]
    return nodes.take(pa.array(chosen))


def _by_reference(people: People, contacts: pa.Table) -> People:
    """Contacts of nobody join the one person who names the same reference, or the others that nobody knows."""
    names = pc.unique(people.person_id.drop_null())
    person = pc.index_in(people.person_id, names).fill_null(_NOBODY).to_numpy().astype(np.int64)
    row, reference = _listed(contacts, "references")
    if not (len(row) and (person[row] < 0).any()):
        return people
    references = pc.unique(reference)
    code = pc.index_in(reference, references).to_numpy().astype(np.int64)
    owner = _owners(person[row], code, len(references))
    lost = (person[row] < 0) & (owner[code] != _SEVERAL)
    row, code = row[lost], code[lost]
    group = _components(*_named_together(row, code), len(references))
    owner = _owners(owner[owner >= 0], group[owner >= 0], int(group.max(initial=0)) + 1)
    told = owner[group[code]] != _SEVERAL
    row, group_of = row[told], group[code[told]]
    own = owner[group_of]
    strangers = pc.binary_join_element_wise("ref", _names(references, 0, group).take(pa.array(group_of)), ":")
    found = pc.coalesce(names.take(pa.array(np.maximum(own, 0), mask=own < 0)), strangers)
    at = np.full(contacts.num_rows, _NOBODY)
    at[row] = np.arange(len(row))
    person_id = pc.coalesce(people.person_id, found.take(pa.array(np.maximum(at, 0), mask=at < 0)))
    return replace(people, person_id=person_id, n_by_reference=int((at >= 0).sum()))


def _owners(person: Ints, of: Ints, n: int) -> Ints:
    """(n,) the one person of each reference or group, _NOBODY, or _SEVERAL."""
    pairs = np.unique(np.stack([of, person], axis=1)[person >= 0], axis=0)
    owner = np.full(n, _NOBODY)
    owner[pairs[:, 0]] = pairs[:, 1]
    owner[np.bincount(pairs[:, 0], minlength=n) > 1] = _SEVERAL
    return owner


def _named_together(row: Ints, code: Ints) -> tuple[Ints, Ints]:
    """References that one contact names, as pairs of neighbours."""
    same = row[1:] == row[:-1]
    return code[1:][same], code[:-1][same]
