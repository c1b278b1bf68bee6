"""Ids and names survive a refresh."""

from __future__ import annotations

import numpy as np
import pytest

from textinsight.encode import unit_rows
from textinsight.errors import StoreError, UsageError
from textinsight.topics import Topic, TopicModel, reconcile
from textinsight.topics.reconcile import free_label


def model(rows: list[list[float]], *topics: Topic, engine: str = "tiny@1") -> TopicModel:
    return TopicModel(topics, unit_rows(np.array(rows)), engine)


OLD = model(
    [[1, 0, 0], [0, 1, 0]], Topic("t001", "Lost card", "by hand", source="curated"), Topic("t007", "late parcel")
)


def test_found_again_keeps_id_name_and_source_but_counts_anew() -> None:
    new = model(
        [[0, 1, 0.05], [1, 0.1, 0], [0, 0, 1]],
        Topic("t001", "parcel late", n=9),
        Topic("t002", "card lost", n=5),
        Topic("t003", "refund", n=2),
    )
    found = reconcile(OLD, new)
    assert [(t.topic_id, t.label, t.n) for t in found.topics] == [
        ("t007", "late parcel", 9),
        ("t001", "Lost card", 5),
        ("t008", "refund", 2),
    ]
    assert (found.topics[1].description, found.topics[1].source) == ("by hand", "curated")


def test_one_to_one_the_nearest_wins() -> None:
    new = model([[1, 0.2, 0], [1, 0, 0]], Topic("t001", "a"), Topic("t002", "Lost card"))
    found = reconcile(OLD, new)
    assert [t.topic_id for t in found.topics] == ["t008", "t001"]
    assert [t.label for t in found.topics] == ["a", "Lost card"]


def test_a_new_topic_does_not_take_a_kept_name() -> None:
    new = model([[0, 0, 1], [1, 0, 0]], Topic("t001", "Lost card"), Topic("t002", "x"))
    assert [t.label for t in reconcile(OLD, new).topics] == ["Lost card (2)", "Lost card"]


def test_itself_is_a_fixed_point_with_themes() -> None:
    both = model(
        [[1, 0, 0], [0, 1, 0], [1, 1, 0]],
        Topic("t001", "a", parent_id="g001"),
        Topic("t002", "b", parent_id="g001"),
        Topic("g001", "c"),
    )
    assert reconcile(both, both).topics == both.topics


def test_parents_follow_their_new_ids() -> None:
    new = model([[0, 0, 1], [0, 0.1, 1]], Topic("t001", "a", parent_id="g001"), Topic("g001", "b"))
    leaf, theme = reconcile(OLD, new).topics
    assert leaf.parent_id == theme.topic_id
    assert {leaf.topic_id, theme.topic_id}.isdisjoint({"t001", "t007"})


THEMED = model(
    [[1, 0, 0], [0, 1, 0], [1, 1, 0]],
    Topic("t001", "card", parent_id="g001"),
    Topic("t002", "refund", parent_id="g001"),
    Topic("g001", "Money"),
)


def test_an_old_theme_stays_only_with_old_topics_under_it() -> None:
    new = model([[1, 0.05, 0], [0, 0, 1]], Topic("t001", "x"), Topic("t002", "Refund"))
    alone = reconcile(THEMED, new, keep={"t001", "g001"})  # found again, under no theme: its theme is gone
    assert [(t.topic_id, t.label, t.parent_id) for t in alone.topics] == [
        ("t001", "card", None),
        ("t003", "Refund", None),
    ]
    with_topic = reconcile(THEMED, new, keep={"t002", "g001"})
    assert [(t.topic_id, t.label, t.parent_id) for t in with_topic.topics] == [
        ("t001", "card", None),
        ("t003", "Refund (2)", None),
        ("t002", "refund", "g001"),
        ("g001", "Money", None),
    ]
    assert [with_topic.topics[row].topic_id for row in with_topic.leaves] == ["t001", "t003", "t002"]


def test_the_same_name_is_found_again_at_a_lower_cosine() -> None:
    new = model([[1, 0.9, 0], [0, 0.9, 1]], Topic("t001", "lost CARD"), Topic("t002", "parcel"))
    assert [(t.topic_id, t.label) for t in reconcile(OLD, new).topics] == [("t001", "Lost card"), ("t008", "parcel")]
    far = model([[1, 1.1, 0]], Topic("t001", "Lost card"))
    assert [t.topic_id for t in reconcile(OLD, far).topics] == ["t008"]


def test_names_that_differ_by_case_are_one() -> None:
    taken = {"Refund", "late parcel"}
    assert [free_label("refund", taken), free_label("REFUND", taken), free_label("x", taken)] == [
        "refund (2)",
        "REFUND (3)",
        "x",
    ]


def test_other_encoder_is_refused() -> None:
    with pytest.raises(UsageError, match="other@1"):
        reconcile(OLD, model([[1, 0, 0]], Topic("t001", "a"), engine="other@1"))


def test_table_of_two_encoders_is_refused() -> None:
    import pyarrow as pa

    other = model([[1, 0, 0]], Topic("t009", "a"), engine="other@1")
    with pytest.raises(StoreError, match="2 engines"):
        TopicModel.from_table(pa.concat_tables([OLD.to_table(), other.to_table()]))


def test_model_is_checked() -> None:
    with pytest.raises(ValueError, match="repeats"):
        model([[1, 0, 0], [0, 1, 0]], Topic("t001", "a"), Topic("t001", "b"))
    with pytest.raises(ValueError, match="1 topics"):
        model([[1, 0, 0], [0, 1, 0]], Topic("t001", "a"))
