"""Taxonomy files: both forms read alike, and what is wrong is said with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from textinsight.errors import InputError
from textinsight.topics import Reason, read_taxonomy

TOML = """
[[reason]]
id = "cards"
name = "Cards"

[[reason]]
id = "lost"
name = "Lost card"
parent = "cards"
description = "lost or stolen"
examples = ["I lost my card", "card stolen"]
"""
CSV = (
    "id,name,parent,description,examples\ncards,Cards,,,\n"
    'lost,Lost card,cards,lost or stolen,"I lost my card|card stolen"\n'
)
SEMICOLONS = (
    "id;name;parent;description;examples\ncards;Cards;;;\n"
    "lost;Lost card;cards;lost or stolen;I lost my card|card stolen\n"
)
EXPECTED = (
    Reason("cards", "Cards"),
    Reason("lost", "Lost card", "cards", "lost or stolen", ("I lost my card", "card stolen")),
)


@pytest.mark.parametrize("field", ["id", "name"])
@pytest.mark.parametrize("wrong", ["Unclear", "a\\u001bb"])
def test_what_can_be_no_name_is_refused(tmp_path: Path, field: str, wrong: str) -> None:
    path = tmp_path / "r.toml"
    path.write_text(
        "[[reason]]\n" + "".join(f'{f} = "{wrong if f == field else "x"}"\n' for f in ("id", "name")), "utf-8"
    )
    with pytest.raises(InputError, match=f"r.toml: {field} of "):
        read_taxonomy(path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("r.toml", TOML),
        ("r.csv", CSV),
        ("r.CSV", "\ufeff" + CSV),
        ("r.csv", SEMICOLONS),
        ("r.csv", SEMICOLONS.replace(";", "\t")),
    ],
)
def test_both_forms(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    assert read_taxonomy(path) == EXPECTED


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("r.txt", "", "a .toml or .csv file"),
        ("r.toml", "[[reason]\n", "cannot be read"),
        ("r.toml", 'title = "x"', "got title"),
        ("r.toml", "", "0 reasons"),
        ("r.toml", '[[reason]]\nid = "a"', "reason 1: name is missing"),
        ("r.toml", '[[reason]]\nid = "a"\nname = "A"\ncolour = "red"', "unknown field 'colour'"),
        ("r.toml", '[[reason]]\nid = 7\nname = "A"', "id must be a text"),
        ("r.toml", '[[reason]]\nid = "a"\nname = "A"\nexamples = "x"', "examples must be a list"),
        ("r.csv", "id,name\na,A\na,B\n", "id 'a' stands twice"),
        ("r.csv", "id,name\na,A\nb,a\n", "name 'a' stands twice"),
        ("r.csv", "id,name,parent\na,A,b\n", "parent 'b' of 'a'"),
        ("r.csv", "id,name,parent\na,A,b\nb,B,a\n", "circle"),
        ("r.csv", "id,name\na,A,extra\n", "line 2: more cells"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=message) as error:
        read_taxonomy(path)
    assert error.value.hint


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_taxonomy(tmp_path / "none.toml")
