"""Edits of analysts: what each does, the log replayed, undone, kept through a refresh."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textinsight.encode import unit_rows
from textinsight.errors import UsageError
from textinsight.topics import (
    Edit,
    Topic,
    TopicModel,
    apply,
    assign,
    find,
    reconcile,
    replay,
    replayed,
    split,
    standing,
)
from textinsight.topics import edits as edit_log

MODEL = TopicModel(
    (
        Topic("t001", "lost card", parent_id="g001", n=5),
        Topic("t002", "stolen card", parent_id="g001", n=3),
        Topic("t003", "refund", parent_id="g002", n=2),
        Topic("g001", "cards", n=8),
        Topic("g002", "money", n=2),
    ),
    unit_rows(np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [1, 1, 0, 0], [0, 0, 1, 0]])),
    "tiny@1",
)
AT = unit_rows(np.eye(4)[:3])
PARTS = Edit("split", "t001", part_ids=("t001", "t008"), part_labels=("a", "b"), centroids=edit_log.packed(AT[:2]))


def ids(model: TopicModel) -> list[str]:
    return [model.topics[i].topic_id for i in assign(model, AT).index]


def test_rename_and_describe() -> None:
    model = apply(apply(MODEL, Edit("rename", "t001", value="Card gone")), Edit("describe", "t001", value="not stolen"))
    assert (model.topics[0].label, model.topics[0].description, model.topics[0].source) == (
        "Card gone",
        "not stolen",
        "curated",
    )
    assert find(model, "card GONE").topic_id == "t001"


def test_merge_takes_the_contacts_along() -> None:
    model = apply(MODEL, Edit("merge", "t002", target_id="t001"))
    assert ids(model) == ["t001", "t001", "t003"]
    assert model.topics[0].n == 8
    assert find(model, "lost card").topic_id == "t001"


def test_merging_on_and_on() -> None:
    model = replay(
        MODEL,
        [Edit("merge", "t002", target_id="t001", number=1), Edit("merge", "t001", target_id="t003", number=2)],
    )
    assert ids(model) == ["t003"] * 3
    assert [t.topic_id for t in model.topics] == ["t003", "g002"]  # the theme of the merged topics is empty


def test_move_to_an_old_and_to_a_new_theme() -> None:
    model = apply(MODEL, Edit("move", "t003", target_id="g001"))
    assert [(t.topic_id, t.parent_id) for t in model.topics if t.topic_id[0] == "t"] == [
        ("t001", "g001"),
        ("t002", "g001"),
        ("t003", "g001"),
    ]
    assert "g002" not in {t.topic_id for t in model.topics}
    model = apply(MODEL, Edit("move", "t001", target_id="g009", value="Gone"))
    assert find(model, "Gone").topic_id == "g009"
    assert ids(model) == ["t001", "t002", "t003"]
    loose = apply(MODEL, Edit("move", "t003", target_id=""))
    assert find(loose, "t003").parent_id is None
    assert len(loose.topics) == 4


def test_split_parts_by_how_contacts_part() -> None:
    rng = np.random.default_rng(0)
    vectors = unit_rows(np.repeat([[1, 0.2, 0, 0], [1, 0, 0, 0.9]], [30, 10], 0) + 0.02 * rng.standard_normal((40, 4)))
    texts = ["lost in the street"] * 30 + ["lost in the post"] * 10
    edit = split(MODEL, "lost card", texts, vectors, reserved=("t010",))
    assert edit.part_ids == ("t001", "t011")
    model = apply(MODEL, edit)
    assert [model.topics[i].topic_id for i in assign(model, vectors).index] == ["t001"] * 30 + ["t011"] * 10
    assert model.topics[0].label == "lost card"
    assert "post" in model.topics[1].label
    with pytest.raises(UsageError, match="do not part"):
        split(MODEL, "t001", ["a"] * 5, np.tile(unit_rows(np.ones((1, 4))), (5, 1)))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (Edit("rename", "t009", value="x"), "no topics named"),
        (Edit("rename", "t001", value="Refund"), "the name of t003"),
        (Edit("merge", "t001", target_id="t001"), "into itself"),
        (Edit("merge", "t001", target_id="g001"), "is a theme"),
        (Edit("move", "t001", target_id="t002"), "a topic, no theme"),
        (Edit("move", "g001", target_id="g002"), "topics are moved"),
    ],
)
def test_what_cannot_be_is_refused(edit: Edit, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        apply(MODEL, edit)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("a", " "), "at least one letter"),
        (("a", "A"), "a name of its own, got a, A"),
        (("a", "Refund"), "the name of t003"),
        (("a", "Unclear"), "contacts without a topic"),
        (("a", "b\x1b[31m"), "control characters"),
    ],
)
def test_parts_have_names_of_their_own(names: tuple[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message) as refused:
        apply(MODEL, replace(PARTS, part_labels=names))
    assert "topics split" in refused.value.hint or "choose another name" in refused.value.hint
    assert find(apply(MODEL, replace(PARTS, part_labels=("x", "Lost card"))), "lost card").topic_id == "t008"


@pytest.mark.parametrize("edit", [Edit("rename", "t001", value="n"), Edit("move", "t001", target_id="g7", value="n")])
def test_a_name_is_a_name(edit: Edit) -> None:
    for wrong in ("unclear", " UNCLEAR", "\t\n", "a\x00b"):
        with pytest.raises(UsageError) as refused:
            apply(MODEL, replace(edit, value=wrong))
        assert f"topics {edit.op}" in refused.value.hint
    assert find(apply(MODEL, replace(edit, value=" on \n one\tline ")), "on one line")


def test_names_that_an_old_log_keeps_still_hold() -> None:
    done = replayed(
        MODEL,
        [
            Edit("rename", "t001", value="unclear", number=1),
        ],
    )
    assert (done.model.topics[0].label, done.missed) == ("unclear", {})


@pytest.mark.parametrize("op", ["merge", "split", "move"])
def test_hints_are_of_the_same_command(op: str) -> None:
    edits = {"merge": Edit("merge", "t001", target_id="g001"), "split": replace(PARTS, topic_id="g001"),
             "move": Edit("move", "t001", target_id="t002")}  # fmt: skip
    with pytest.raises(UsageError) as refused:
        apply(MODEL, edits[op])
    assert refused.value.hint.startswith(f"textinsight topics {op} ")


def test_a_theme_or_a_topic_without_contacts_is_not_split() -> None:
    with pytest.raises(UsageError, match="'cards' is a theme"):
        split(MODEL, "g001", [], np.zeros((0, 1), np.float32))
    with pytest.raises(UsageError, match="'refund' has no contacts"):
        split(MODEL, "t003", [], np.zeros((0, 1), np.float32))


@pytest.mark.parametrize(
    "wrong",
    [{"op": "burn"}, {"op": "rename", "topic_id": "t001"}, {"op": "merge", "topic_id": "t001"}, {"op": "pin"}],
)
def test_an_edit_is_checked(wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        Edit(**wrong)  # type: ignore[arg-type]


def test_undo_takes_back_one_edit_and_the_log_keeps_all() -> None:
    log = (
        Edit("rename", "t001", value="A", number=1),
        Edit("merge", "t002", target_id="t001", number=2),
        Edit("undo", value="2", number=3),
    )
    assert [edit.number for edit in standing(log)] == [1]
    model = replay(MODEL, log)
    assert ids(model) == ["t001", "t002", "t003"]
    assert model.topics[0].label == "A"
    back = edit_log.from_table(edit_log.to_table(log))
    assert [(e.op, e.topic_id, e.value, e.number) for e in back] == [(e.op, e.topic_id, e.value, e.number) for e in log]


def test_the_name_of_an_edit_wins_over_one_that_comes_later() -> None:
    log = [
        Edit("rename", "t003", value="Lost CARD", number=1),
        Edit("move", "t002", target_id="g009", value="Cards", number=2),
        Edit("split", "t001", part_ids=("t001", "t008"), part_labels=("a", "stolen card"), number=3),
    ]
    log[2] = replace(log[2], centroids=edit_log.packed(AT[:2, :]))
    done = replayed(MODEL, log)
    assert {t.topic_id: t.label for t in done.model.topics} == {
        "t001": "a", "t008": "stolen card", "t002": "stolen card (2)", "t003": "Lost CARD",
        "g001": "cards (2)", "g002": "money", "g009": "Cards",
    }  # fmt: skip
    assert (done.missed, done.adapted) == ({}, {1, 2, 3})


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (Edit("rename", "t009", value="x"), "no topic 't009'"),
        (Edit("merge", "t001", target_id="deliv"), "no topic 'deliv'"),
        (Edit("merge", "t001", target_id="g001"), "is a theme"),
        (replace(PARTS, part_ids=("t001", "t003")), "topics t003 already"),
        (Edit("move", "t001", target_id="g004"), "no theme 'g004'"),  # as logs of before tell it, without its name
        (Edit("move", "t001", target_id="t003", value="Money"), "'refund' is a topic, no theme"),
        (Edit("move", "g001", target_id="g002", value="money"), "topics are moved"),
    ],
)
def test_an_edit_that_fits_no_longer_is_passed_over_and_told(edit: Edit, why: str) -> None:
    log = [replace(edit, number=4), Edit("rename", "t002", value="Theft", number=5)]
    done = replayed(MODEL, log)
    assert list(done.missed) == [4]
    assert why in done.missed[4]
    assert [t.label for t in done.model.topics] == ["lost card", "Theft", "refund", "cards", "money"]


@pytest.mark.parametrize("theme", ["g004", "deliv"])
def test_a_theme_that_is_gone_is_made_again(theme: str) -> None:
    done = replayed(MODEL, [Edit("move", "t001", target_id=theme, value="Delivery", number=1)])
    assert (find(done.model, "Delivery").topic_id, find(done.model, "t001").parent_id) == (theme, theme)
    assert done.missed == {}
    assert ids(done.model) == ["t001", "t002", "t003"]


def test_a_theme_without_topics_takes_one() -> None:
    bare = replace(MODEL, topics=(*MODEL.topics, Topic("g003", "old")), centroids=np.vstack([MODEL.centroids, AT[:1]]))
    model = replay(bare, [Edit("move", "t001", target_id="g003", value="old", number=1)])
    assert find(model, "t001").parent_id == "g003"


def test_edits_outlive_discovery_anew() -> None:
    log = [Edit("rename", "t003", value="Money back", number=1), Edit("merge", "t002", target_id="t001", number=2)]
    new = TopicModel((Topic("t001", "x", n=9), Topic("t002", "y", n=4)), unit_rows(np.eye(4)[[1, 0]]), "tiny@1")
    base = reconcile(MODEL, new, keep={"t001", "t002", "t003"})
    model = replay(base, log)
    assert find(model, "Money back").topic_id == "t003"  # found no more, but an edit names it
    assert ids(model) == ["t001", "t001", "t003"]


@given(st.lists(st.sampled_from(["t001", "t002", "t003", "g001", "t099"]), min_size=2, max_size=6))
def test_any_log_can_be_replayed(names: list[str]) -> None:
    log = [Edit("merge", a, target_id=b, number=i + 1) for i, (a, b) in enumerate(pairwise(names))]
    model = MODEL
    for edit in log:
        try:
            model = apply(model, edit)
        except UsageError:
            continue
    assert len(assign(model, AT).index) == 3
    assert len(model.leaves) >= 1
