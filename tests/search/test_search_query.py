from __future__ import annotations

import sqlite3

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from textinsight.search.files import TOKENIZER
from textinsight.search.query import MOST_TERMS, parse


@pytest.fixture(scope="module")
def said():
    db = sqlite3.connect(":memory:")
    db.execute(f"CREATE VIRTUAL TABLE said USING fts5(customer, other, content='', tokenize='{TOKENIZER}')")
    return db


@pytest.mark.parametrize(
    ("text", "fts"),
    [
        ("late refund", '("late" AND "refund")'),
        ('"late refund" bill', '("late refund" AND "bill")'),
        ("late OR refund twice", '("late") OR ("refund" AND "twice")'),
        ("late -card", '(("late") NOT ("card"))'),
        ("late NOT card NOT wifi", '(("late") NOT ("card" OR "wifi"))'),
        ('late -"my card"', '(("late") NOT ("my card"))'),
        ("ref*", '("ref" *)'),
        ("late AND refund", '("late" AND "refund")'),
        ("customer:refund near(x", '("customer:refund" AND "near(x")'),
        ("-card", ""),
        ("* - ( \" ' ; --", ""),
        ("", ""),
        ('an open "phrase here', '("an" AND "open" AND "phrase here")'),
    ],
)
def test_what_may_be_typed(text, fts):
    assert parse(text).fts == fts


def test_long_questions_are_cut():
    assert parse("word " * 500).fts.count('"word"') == MOST_TERMS


@given(st.text(max_size=300))
@example('"" OR NOT *')
@example("a\x00b \ud800 \u202e")
@example("a NOT")
@example('"""" {customer} : ^x + y')
@settings(max_examples=400, deadline=None)
def test_no_text_is_ever_bad_syntax(said, text):
    query = parse(text)
    for expression in filter(None, (query.fts, query.wanted)):
        assert said.execute("SELECT count(*) FROM said WHERE said MATCH ?", (expression,)).fetchone() == (0,)
        said.execute("SELECT rowid FROM said WHERE said MATCH ?", (f"{{customer}} : ({expression})",)).fetchall()
