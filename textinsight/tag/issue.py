"""The customer's own words that say why they make contact."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial

from spacy.language import Language

from textinsight.conversation import Conversation
from textinsight.findings import Tag
from textinsight.tag.reading import Component, Reading

MODEL = "issue-cues@1"

_END = re.compile(r"(?<=[.!?])\s+|\n+")
_WORD = re.compile(r"\b[^\W\d_][^\W\d_'-]*\b")
_BREATH = 24  # words after which speech without punctuation is cut at the next joint
_JOINTS = frozenset(["and", "but", "so", "because", "then", "also", "well", "since"])
_SKIPPED = re.compile(r"@\w+|https?://\S+|<\w+>|\[\w+\]")

# Words that carry no issue: greeting, thanks, yes and no, fillers, verification, function words.
_EMPTY = frozenset(
    """
    hi hello hey dear good morning afternoon evening day there sir madam maam thanks thank you thx cheers please
    ok okay yes yeah yep yup no nope sure right alright fine great bye goodbye um uh umm uhm er hmm oh ah well
    like so and but or if then the a an this that these those it its it's i me my mine we us our he she they
    them his her their is am are was were be been being do does did have has had will would can could should
    shall may might to of in on at by for from with as about into up out over under just really very quite
    actually basically i'm i've i'll i'd you're name number zip code postcode date birth email address spell
    speaking team guys mr mrs ms what how when where which who whom whose why not today calling call here
    yourself know mean how's doing
    """.split()  # noqa: SIM905
)
_REASON = re.compile(
    r"\b(?:i(?:'?m| am)? (?:need|want|would like|have (?:a |an )|calling|contacting|writing|trying|"
    r"having|looking|wondering|"
    r"unable|locked|interested)|i'?d like|i can(?:'?t|not)|can(?:'?t|not)|"
    r"do(?:es)?(?:n'?t| not)|did(?:n'?t| not)|still|wo(?:n'?t)|"
    r"haven'?t|hasn'?t|isn'?t|not working|"
    r"how (?:do|can|to|long|much)|why|where(?:'?s| is| are)|when (?:will|is|are|do)|"
    r"can (?:you|i|we)|could (?:you|i)|is (?:there|it)|problem|issue|trouble|error|"
    r"broken|stopped|missing|lost|stolen|late|"
    r"delay\w*|charged?|refund\w*|cancel\w*|cancle|return\w*|order\w*|deliver\w*|bill\w*|payment\w*|account|book\w*|"
    r"reset|password|update\w*|chang\w*|help (?:me )?(?:with|on)|regarding|because)\b"
)
_VERIFYING = re.compile(
    r"\b(?:my (?:full |first |last )?name(?:'?s| is)|this is [a-z]+ [a-z]+$|date of birth|account number is|"
    r"(?:phone|order|card|policy|member(?:ship)?|reference|case) (?:number|id|no) is|postcode is|zip code is|"
    r"my e-?mail(?: address)? is|born on|social security|last four)\b"
)
_DEMAND = re.compile(r"\balready (?:told|gave|said|sent)|\b(?:manager|supervisor)\b|\bas i said\b")
_ASIDE = re.compile(r"^\W*(?:thank|thanks|ok|okay|yes|no|sure|great|how are you|i(?:'m| am) (?:good|fine|well))\b")


@dataclass(frozen=True, slots=True)
class IssueConfig:
    """most_characters: length limit of the issue text. first_turns: customer turns that are looked at."""

    most_characters: int = 300
    first_turns: int = 6

    def __post_init__(self) -> None:
        for name in ("most_characters", "first_turns"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")


@dataclass(frozen=True, slots=True)
class Issue:
    """text: the sentences joined by a blank; empty where the customer states nothing."""

    text: str
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """Characters [start, end) of a turn and how much of an issue they state."""

    turn: int
    start: int
    end: int
    points: float


def tag_issue(reading: Reading, *, config: IssueConfig = IssueConfig()) -> Issue:
    """The sentence that states most, earlier ones first, and its neighbours in the turn while they say more."""
    conversation = reading.conversation
    turns = conversation.customer_turns[: config.first_turns]
    sentences = [
        sentence
        for order, turn in enumerate(turns)
        for sentence in _sentences(turn, reading.spoken[turn].folded, 0.7**order)
    ]
    stating = [sentence for sentence in sentences if sentence.points > 0]
    if not stating:
        return Issue("", ())
    best = max(stating, key=lambda s: (s.points, -s.turn, -s.start))
    chosen = _with_neighbours(best, stating, config.most_characters)
    tags = tuple(_tag(conversation, sentence) for sentence in chosen)
    text = " ".join(" ".join(tag.quote.split()) for tag in tags)
    return Issue(text[: config.most_characters], tags)


def _sentences(turn: int, folded: str, decay: float) -> Iterator[Sentence]:
    for start, end in _pieces(folded):
        yield Sentence(turn, start, end, _points(folded[start:end]) * decay)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """[start, end) of sentences; long unpunctuated speech is cut at joints."""
    start = 0
    for match in [*_END.finditer(text), None]:
        end = match.start() if match else len(text)
        if end > start:
            yield from _breaths(text, start, end)
        start = match.end() if match else end


def _breaths(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    words = 0
    for match in _WORD.finditer(text, start, end):
        words += 1
        if words > 2 * _BREATH or (words > _BREATH and match[0] in _JOINTS):
            yield start, match.start()
            start, words = match.start(), 1
    yield start, end


def _points(folded: str) -> float:
    """Content words, at most eight, doubled where a request or a problem is worded; 0 for verification and asides."""
    spoken = _SKIPPED.sub(" ", folded)
    content = [word for word in _WORD.findall(spoken) if word not in _EMPTY]
    reasons = len(set(_REASON.findall(spoken)))
    if not content or _DEMAND.search(spoken) or (_VERIFYING.search(spoken) and not reasons):
        return 0.0
    if reasons == 0 and (len(content) < 2 or _ASIDE.search(spoken)):
        return 0.0
    return min(len(content), 8) * (1 + min(reasons, 2))


def _with_neighbours(best: Sentence, stating: list[Sentence], most: int) -> list[Sentence]:
    same = [sentence for sentence in stating if sentence.turn == best.turn]
    chosen, left = [best], most - (best.end - best.start)
    for sentence in sorted(same, key=lambda s: (-s.points, s.start)):
        length = sentence.end - sentence.start + 1
        if sentence is not best and sentence.points >= best.points / 2 and length <= left:
            chosen.append(sentence)
            left -= length
    return sorted(chosen, key=lambda s: s.start)


def _tag(conversation: Conversation, sentence: Sentence) -> Tag:
    quote = conversation.turns[sentence.turn].text[sentence.start : sentence.end]
    score = round(min(1.0, sentence.points / 16), 4)
    return Tag(sentence.turn, sentence.start, sentence.end, "issue", "stated", score, quote, MODEL)


@Language.factory(  # type: ignore[untyped-decorator]
    "textinsight_issue", default_config=asdict(IssueConfig()), assigns=["doc._.ti_issue"]
)
def make_issue(nlp: Language, name: str, most_characters: int, first_turns: int) -> Component:  # noqa: ARG001
    """The issue tagger as a pipe."""
    return Component("ti_issue", partial(tag_issue, config=IssueConfig(most_characters, first_turns)))
