"""`textinsight search`: results on stdout, all else on stderr."""

from __future__ import annotations

import json

import pytest


def test_words_are_found_and_shown(call, made, canary):
    done = call("search", f"{canary} router", "-a", made, "--limit", 2)
    assert (done.code, done.out.count(f"customer: My {canary} router")) == (0, 2)
    assert "2 of 3 conversations that match" in done.err
    assert canary not in done.err


def test_json_and_meaning_and_like(call, made):
    found = json.loads(call("search", "the internet is gone", "-a", made, "--meaning", "--json").out)["search"]
    assert len(found["hits"]) == 3
    first = found["hits"][0]["conversation_id"]
    like = json.loads(call("search", "--like", first, "-a", made, "--json").out)["search"]
    assert first not in [hit["conversation_id"] for hit in like["hits"]]


def test_the_index_is_built_on_demand(call, made):
    done = call("search", "--rebuild", "-a", made)
    assert (done.code, done.out) == (0, "")
    assert "3 conversations" in done.err


@pytest.mark.parametrize(
    "arguments", [(), ("x", "--build"), ("x", "--like", "c1"), ("x", "--meaning", "--customer"), ("--like", "nobody")]
)
def test_what_cannot_be_asked_is_said(call, made, arguments):
    assert call("search", *arguments, "-a", made).code == 2
