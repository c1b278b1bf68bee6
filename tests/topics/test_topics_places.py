"""The map by meaning: alike topics side by side, contacts in their topic's disc, the same map every time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from textinsight.encode import unit_rows
from textinsight.topics import MapConfig, Topic, TopicModel, topic_map
from textinsight.topics.places import topic_places


def world(n_topics: int, each: int = 40, seed: int = 0):
    """Topics in families of three alike, and contacts around them: model, vectors, index, ids, texts."""
    rng = np.random.default_rng(seed)
    families = np.repeat(rng.standard_normal((-(-n_topics // 3), 32)), 3, axis=0)[:n_topics]
    centroids = unit_rows((families + 0.4 * rng.standard_normal((n_topics, 32))).astype(np.float32))
    model = TopicModel(tuple(Topic(f"t{i}", f"topic {i}") for i in range(n_topics)), centroids, "test")
    index = np.repeat(np.arange(n_topics), each)
    vectors = unit_rows(centroids[index] + 0.1 * rng.standard_normal((len(index), 32)).astype(np.float32))
    ids = pa.chunked_array([pa.array([f"c{i}" for i in range(len(index))], pa.string())])
    return model, vectors, index, ids, pa.chunked_array([pa.array(["words " * 90] * len(index), pa.string())])


def test_topics_of_a_family_are_neighbours_on_the_map():
    model, *_ = world(30)
    places = topic_places(model.centroids, [t.topic_id for t in model.topics])
    distance = ((places[:, None] - places) ** 2).sum(-1) + 9e9 * np.eye(30)
    family = np.arange(30) // 3
    assert (family[distance.argmin(1)] == family).mean() >= 0.9
    assert np.abs(places).max() == pytest.approx(1)


def test_every_contact_lies_in_its_topics_disc_and_the_untypical_farther_out():
    model, vectors, index, ids, texts = world(12)
    rows = topic_map(model, vectors, index, ids, texts).to_pylist()
    centre = {row["topic_id"]: np.array([row["x"], row["y"]]) for row in rows if row["conversation_id"] is None}
    contacts = [row for row in rows if row["conversation_id"]]
    assert len(contacts) == len(index)
    assert all(len(row["issue_text"]) == 200 for row in contacts)
    away = np.array([np.hypot(*(np.array([row["x"], row["y"]]) - centre[row["topic_id"]])) for row in contacts])
    assert away.max() <= np.sqrt(0.4 * 4 / np.pi / 12) + 1e-5  # twelve even discs share the area that is filled
    number = [int(row["conversation_id"][1:]) for row in contacts]
    cosine = (vectors[number] * model.centroids[index[number]]).sum(1)
    assert np.corrcoef(away, cosine)[0, 1] < -0.8


def test_the_same_input_gives_the_same_map_and_the_sample_is_bounded():
    given = world(9, each=200)
    config = MapConfig(contacts=300, least=20)
    one, other = (topic_map(*given, config=config) for _ in range(2))
    assert one.equals(other)
    assert one.num_rows == 9 + 9 * 33


def test_topics_stay_where_they_were_when_one_is_added():
    model, *_ = world(31)
    ids = [t.topic_id for t in model.topics]
    first = topic_places(model.centroids[:30], ids[:30])
    before = {i: (float(x), float(y)) for i, (x, y) in zip(ids, first, strict=False)}
    second = topic_places(model.centroids, ids, before=before)
    moved = np.sqrt(((second[:30] - first) ** 2).sum(1))
    assert np.median(moved) < 0.15


@pytest.mark.parametrize("n_topics", [0, 1, 2, 3, 4])
def test_few_topics_have_places_too(n_topics):
    table = topic_map(*world(n_topics, each=5))
    assert table.num_rows == n_topics * 6
    assert np.isfinite(table["x"].to_numpy()).all()
