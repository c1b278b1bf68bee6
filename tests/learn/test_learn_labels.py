"""The labels that ship: they parse, they name known labels, and a broken line is refused with its place."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from textinsight.conversation import Role
from textinsight.errors import InputError
from textinsight.learn import labels
from textinsight.learn.labels import (
    allowed,
    read_moods,
    read_sentences,
    read_talks,
    written_talks,
    written_texts,
)
from textinsight.learn.turn_data import label_examples, talk_example
from textinsight.resources import data_path
from textinsight.tag.labels import LABELS, MOOD, WHOLE


def test_every_written_dialogue_parses() -> None:
    talks = list(written_talks())
    assert len(talks) > 1000
    for talk in talks:
        assert talk.resolution in ("resolved", "unresolved", "moved", "unclear")
        assert 1 <= talk.effort <= 5
        for turn, found in zip(talk.conversation.turns, talk.turns, strict=True):
            assert found <= set(allowed(turn.role))
            assert len(found & set(MOOD)) == (turn.role is Role.CUSTOMER)


def test_posts_carry_one_mood() -> None:
    posts = list(written_texts())
    assert len(posts) > 1000
    assert all(len(post.labels & set(MOOD)) == 1 for post in posts)


def test_contrast_sets_are_drawn_more_often() -> None:
    often = [talk for talk in written_talks() if talk.weight == 4]
    assert len(often) > 1000
    (drawn,) = label_examples([often[0]])
    (else_drawn,) = label_examples([replace(often[0], weight=1.0)])
    assert drawn.weight == 4 * else_drawn.weight
    assert {text.weight for text in written_texts(["post"])} == {1.0}
    assert {text.weight for text in written_texts(["remark"])} == {1.0, 3.0, 6.0}


def test_remarks_are_no_part_of_what_tone_is_measured_on() -> None:
    remarks = {turn.text for turn in written_texts(["remark"])}
    assert len(remarks) > 7000
    measured = (Path(__file__).parents[2] / "benchmarks" / "tone.tsv").read_text("utf-8").splitlines()
    assert not remarks & {line.split("\t")[2] for line in measured}


def test_no_customer_of_what_abilities_are_measured_on_is_learnt_from() -> None:
    path = Path(__file__).parents[2] / "benchmarks" / "capabilities.jsonl"
    talks = map(json.loads, path.read_text("utf-8").splitlines())
    measured = {turn["text"] for talk in talks for turn in talk["turns"] if turn["role"] == "customer"}
    written = {turn.text for talk in written_talks() for turn in talk.conversation.turns}
    assert {text for text in measured & written if len(text.split()) > 3} == set()


def test_every_label_is_written_about() -> None:
    seen = {label for talk in written_talks() for turn in talk.turns for label in turn}
    assert seen == set(LABELS)


def test_a_second_reading_names_written_dialogues_once() -> None:
    lines = data_path("corpora", "labels", "written.tsv").read_text("utf-8").splitlines()
    names = [line.split("\t")[0] for line in lines]
    read = {talk.conversation.conversation_id for talk in written_talks() if talk.shown is not None}
    assert len(names) == len(read) and set(names) == read and len(names) > 1000


def test_what_a_second_reader_finds_in_the_whole_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wait that only they saw, a repeat that they did not see, a mood that they saw otherwise."""
    for folder in ("labels", "support-dialogues"):
        (tmp_path / "corpora" / folder).mkdir(parents=True)
    (tmp_path / "corpora/support-dialogues/part-0.txt").write_text(
        "# res=resolved eff=2 channel=social\nC s0 issue again | as before\nA fixed | done\nC s0 | well\n"
    )
    (tmp_path / "corpora/labels/written.tsv").write_text("part-0:0\tunresolved\t4\twait\t0-\n")
    monkeypatch.setattr(labels, "data_path", tmp_path.joinpath)
    caches = (labels._written, labels._second)
    for cache in caches:
        cache.cache_clear()
    try:
        (talk,) = written_talks()
    finally:
        for cache in caches:
            cache.cache_clear()
    assert (talk.resolution, talk.effort, talk.shown) == ("unresolved", 4, {"long_wait"})
    assert (talk.shows("long_wait"), talk.shows("stated_repeat"), talk.shows("repeat_contact")) == (True, False, False)
    example = talk_example(talk)
    whole = dict(zip(WHOLE, example.whole, strict=True))
    assert (whole["unresolved"], whole["resolved"], whole["effort"]) == (1, 0, 0.75)
    assert (whole["long_wait"], whole["repeat_contact"]) == (1, 0)
    first, _, last = (dict(zip(LABELS, row, strict=True)) for row in example.targets)
    assert math.isnan(first["long_wait"]) and math.isnan(last["long_wait"]) and math.isnan(first["stated_repeat"])
    assert (first["issue"], last["stated_repeat"], first["neutral"]) == (1, 0, 1)
    assert (last["negative"], last["neutral"], last["positive"]) == (0.5, 0.5, 0)


def test_references_are_labels_not_texts() -> None:
    for name, fields in (
        ("conversations", {"file", "row", "turns", "resolution", "effort"}),
        ("sentences", {"file", "row", "turn", "start", "end", "role", "labels"}),
    ):
        path = data_path("corpora", "labels", f"{name}.jsonl")
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        assert all(set(row) <= fields for row in rows)
    assert len(rows) >= 2000


def test_labels_find_their_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "corpora/labels").mkdir(parents=True)
    (tmp_path / "corpora/labels/sentences.jsonl").write_text(
        json.dumps({"file": "a.jsonl", "row": 1, "start": 4, "end": 9, "role": "customer", "labels": ["neutral"]})
    )
    (tmp_path / "corpora/labels/conversations.jsonl").write_text(
        json.dumps({"file": "b.jsonl", "row": 0, "turns": {"0": ["negative"]}, "resolution": "moved", "effort": 3})
    )
    (tmp_path / "a.jsonl").write_text('{"text": "x"}\n{"text": "the quick fox"}\n')
    turns = [{"role": "customer", "text": "bad"}, {"role": "agent", "text": "dm us"}]
    (tmp_path / "b.jsonl").write_text(json.dumps({"turns": turns}))
    monkeypatch.setattr(labels, "data_path", tmp_path.joinpath)
    [sentence] = read_sentences(tmp_path)
    assert (sentence.text, sentence.labels) == ("quick", frozenset(["neutral"]))
    [talk] = read_talks(tmp_path)
    assert [turn.labels for turn in talk.labelled_turns()] == [frozenset(["negative"]), frozenset()]


def test_moods_find_their_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "corpora/labels").mkdir(parents=True)
    (tmp_path / "corpora/labels/moods-comments.tsv").write_text("1\t-1\n0\t0\n")
    (tmp_path / "corpora/labels/moods-posts.tsv").write_text("0\t1\n")
    (tmp_path / "sentiment/goemotions").mkdir(parents=True)
    (tmp_path / "sentiment/goemotions/train.tsv").write_text("so it is\t2\ta\nyeah, sure\t3\tb\n")
    (tmp_path / "sentiment/hutto_tweets.jsonl").write_text('{"text": "love  it", "valence": 3}\n')
    monkeypatch.setattr(labels, "data_path", tmp_path.joinpath)
    found = [(turn.text, *turn.labels) for turn in read_moods(tmp_path)]
    assert found == [("yeah, sure", "negative"), ("so it is", "neutral"), ("love it", "positive")]


def test_each_text_has_one_mood_read() -> None:
    for name, least in (("moods-comments.tsv", 20_000), ("moods-posts.tsv", 4_000)):
        lines = data_path("corpora", "labels", name).read_text("utf-8").splitlines()
        rows = [int(line.split("\t")[0]) for line in lines]
        assert len(set(rows)) == len(rows) > least
        assert {line.split("\t")[1] for line in lines} == {"-1", "0", "1"}


def test_what_only_measures_sets_no_border() -> None:
    paths = [data_path("corpora", "labels", f"{name}.jsonl") for name in ("borders", "measured")]
    borders, measured = ([json.loads(line)["row"] for line in path.read_text("utf-8").splitlines()] for path in paths)
    assert len(set(borders)) == 583 and len(set(measured)) == 280
    assert not set(borders) & set(measured)


def test_missing_sources_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="which is not there"):
        list(read_sentences(tmp_path))


@pytest.mark.parametrize("line", ["X s- | text", "C s- issue | ", "C delighted | text", "A s+ | text"])
def test_a_broken_line_is_refused(line: str) -> None:
    with pytest.raises(InputError, match="here:3"):
        labels._line(line, "here:3")
