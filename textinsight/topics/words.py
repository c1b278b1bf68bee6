"""Phrases of a text in their natural order, as a label may show them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

MAX_WORDS = 80  # of a text; what a contact is about is said early
_LONGEST = 4  # content words of a phrase
_CLAUSE = re.compile(r"[.!?;:,()\n\r\"…]+|\s[-–—/|]\s")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*(?:-[^\W\d_]+)*|[$€£]?\d[\d.,]*%?|\[[^\]\s]{1,20}\]")
_MASK = re.compile(r"[@#]\S+|https?://\S+|\[[A-Za-z_ ]{2,20}\]|<[A-Za-z_ ]{2,20}>|\S*\d\S*|x{2,}", re.IGNORECASE)

# Inside a phrase these go unsaid in a label ("received my card" → "received card").
_SILENT_WORDS = """
a an the this that these those my your our his her its their some any i you we he she it they me us him them
am is are was were be been being have has had having do does did will would shall should may might must could
just still yet already now then so very really quite also too even again ever please kindly actually currently
recently i'm i've i'd i'll you're it's there's that's im ive id
"""
# At either end of a phrase these carry nothing either.
_EDGE_WORDS = """
and or but if because as of in on at to from by for with without about into onto over under than
which who whom whose what when where why how there here can need want like get got getting going go know
let make made making take see seem think tell try trying say said hi hello hey thanks thank okay ok yes no yeah
well not never help one way something someone anything everything thing things lot bit much many more most
other another all both each every use using used keep since after before while until during through between
today yesterday tomorrow day days week weeks month months year years time times guys sir madam team dear
look looking find wondering wanted needed wants needs happen happened happening show showing come coming came
u ur pls plz gonna wanna um uh oh ah gotta able sure sorry good morning afternoon evening bye call calling
don't doesn't didn't isn't wasn't can't cannot won't haven't hasn't hadn't couldn't wouldn't aren't weren't
what's how's where's who's let's assist possible question issue problem put give given gave only first last
long soon new old hear speak talk amp lol lmao omg wtf damn hell fuck fucking fucked shit shitty crap bullshit ass
says saying exactly huge completely simply
minute minutes hour hours second seconds dollar dollars cent cents pound pounds euro euros amount number ago hold
holding waiting waited later earlier supposed told instead still yours own same different side
suck sucks sucked awesome great love thx hey please guys
although though unless whether seem seems seemed gets tell tells asked asks asking shows showed tries somebody someone
anybody anyone nobody else barely nearly hardly almost mean means meant quickly right
"""
_NEGATION_WORDS = """
not never no don't doesn't didn't isn't wasn't can't cannot won't haven't hasn't hadn't couldn't aren't
"""
# "why doesn't the app": the subject comes next
_NOT_OPENING = frozenset(["doesn't", "didn't", "isn't", "wasn't", "aren't"])
_SILENT = frozenset(_SILENT_WORDS.split())
_EDGE = _SILENT | frozenset(_EDGE_WORDS.split())
_NEGATION = frozenset(_NEGATION_WORDS.split())
# Not inside a phrase either: without the silent words around them they read wrong ("parcel seems to stuck").
_JOINING_WORDS = """
and or but because so if when while before after though seem seems seemed what which who whom why how where
although unless whether where's what's how's who's when's why's
"""
_JOINING = frozenset(_JOINING_WORDS.split())
_WISHES = frozenset(("need", "needs", "needed", "want", "wants", "wanted"))  # nor these, but after a negation
# Silent words that a negation holds on to: "did not show up", "don't have data", but "[was] not delivered".
_BEFORE_NOT = frozenset(
    ("do", "does", "did", "will", "would", "shall", "should", "can", "could", "may", "might", "must")
)
_AFTER_NOT = frozenset(("have", "had", "be", "been"))
_PARTICLE = frozenset(("up", "out", "off"))  # may close a phrase ("top up") but not open one


def clauses(text: str) -> Iterator[list[str]]:
    """The words of each clause, lower-case; numbers, masks, handles and links break a clause."""
    left = MAX_WORDS
    for part in _CLAUSE.split(_MASK.sub(" . ", text.replace("’", "'").lower())):
        words = _WORD.findall(part)[:left]
        left -= len(words)
        if words:
            yield words


def phrases(text: str) -> dict[str, str]:
    """Key → phrase as said: 1 to 4 content words in order, trimmed; silent words inside are left out.

    Two words with one between them have a key but, unless said side by side too, no wording (""): "cancel the
    second order" agrees with "cancel my order" without being a name for it.
    """
    found: dict[str, str] = {}
    apart: set[str] = set()
    for words in clauses(text):
        said = _content(words)
        for start in range(len(said)):
            for end in range(start + 1, min(start + _LONGEST, len(said)) + 1):
                if fits(said[start:end]):
                    found.setdefault(_key(said[start:end]), " ".join(said[start:end]))
        apart.update(_key(pair) for pair in zip(said, said[2:], strict=False) if fits(pair))
    return dict.fromkeys(sorted(apart), "") | found


def key_of(phrase: str) -> str:
    """The key under which `phrases` has this phrase."""
    return _key(_content(phrase.split()))


def _content(words: Sequence[str]) -> list[str]:
    """The words but the silent ones; auxiliaries of a negation are joined to it: "did not", "don't have"."""
    joined: list[str] = []
    for word in words:
        last = joined[-1] if joined else ""
        if (word == "not" and last in _BEFORE_NOT) or (word in _AFTER_NOT and _negates(last) and last != "not"):
            joined[-1] = f"{last} {word}"
        elif word not in _SILENT or word in _BEFORE_NOT:
            joined.append(word)
    return [word for word in joined if word not in _SILENT]


def _negates(word: str) -> bool:
    return word in _NEGATION or " " in word


def _key(words: Sequence[str]) -> str:
    return " ".join(map(stem, words))


def fits(words: Sequence[str]) -> bool:
    """True if a label may be these words: no function word at the ends, but a negation may open it."""
    first, last = words[0], words[-1]
    negated = len(words) > 1 and _negates(first) and first.split()[0] not in _NOT_OPENING
    opens = first not in _EDGE | _PARTICLE if not _negates(first) else negated
    closes = last not in _EDGE and len(last) > 1 and not last.endswith("'s") and not _negates(last)
    wishes = any(word in _WISHES and not _negates(before) for before, word in pairwise(words))
    return opens and closes and _JOINING.isdisjoint(words) and not wishes and len(set(map(stem, words))) == len(words)


def stem(word: str) -> str:
    """The word without its inflection, good enough to count "cards" with "card" and "hasn't" with "not"."""
    if _negates(word):
        return "not"
    for ending, least in (("ies", 5), ("ing", 6), ("ed", 5), ("es", 6), ("s", 4), ("e", 4)):
        if word.endswith(ending) and len(word) >= least and not word.endswith("ss"):
            return word[: -len(ending)]
    return word
