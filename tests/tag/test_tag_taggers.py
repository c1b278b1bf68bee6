from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, replace
from importlib.metadata import entry_points

import numpy as np
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import DocBin

from textinsight.conversation import Conversation, Role, Turn
from textinsight.doc import to_doc
from textinsight.findings import EFFORT_DRIVERS, Analysis
from textinsight.tag import TagConfig, analyse, analyse_batch, models
from textinsight.tag.effort import EffortConfig
from textinsight.tag.issue import IssueConfig
from textinsight.tag.labels import LABELS
from textinsight.tag.marks import Marks, ReadConfig
from textinsight.tag.reading import Reading, read
from textinsight.tag.repeat import RepeatConfig
from textinsight.tag.resolution import ResolutionConfig, tag_resolution
from textinsight.tag.risk import RiskConfig
from textinsight.tag.sentiment import SentimentConfig, tag_sentiment
from textinsight.tag.words import spoken

PIPES = ("sentiment", "effort", "resolution", "repeat", "risk", "issue")


def talk(*lines: str) -> Conversation:
    """Lines "c: text" and "a: text"."""
    roles = {"c": Role.CUSTOMER, "a": Role.AGENT, "s": Role.SYSTEM}
    return Conversation("c1", tuple(Turn(roles[line[0]], line[3:]) for line in lines))


ANGRY = talk(
    "c: hi, I have called twice about my broadband and it still does not work. This is ridiculous!",
    "a: I'm sorry. Can you confirm your account number?",
    "c: I already told you my account number. Let me speak to a manager or I'll switch to another provider.",
    "a: Let me transfer you to our technical team.",
)
HAPPY = talk(
    "c: hello",
    "a: Hello, how can I help?",
    "c: my name is John Smith",
    "a: Thanks John, what can I do for you?",
    "c: I would like to change the delivery address of my order",
    "a: I've updated your address. You're all set.",
    "c: perfect, thank you so much for your help!",
)
MOVED = talk("c: my parcel has not arrived", "a: Please send us a DM with your order number so we can look into it")


def read_with(conversation: Conversation, moods: list[tuple[float, float, float]]) -> Reading:
    """A reading in which the turns have these shares of negative, neutral and positive, and carry nothing else."""
    said = tuple(spoken(turn.text) for turn in conversation.turns)
    chances = [np.array([*mood, *[0.0] * (len(LABELS) - 3)], np.float32) for mood in moods]
    marks = tuple(Marks(text, row, "test@1", {}) for text, row in zip(said, chances, strict=True))
    return Reading(conversation, said, ((),) * len(said), marks, None)


def test_angry_customer() -> None:
    found = analyse(ANGRY)
    assert found.stated_repeat
    assert found.escalation
    assert found.churn_risk
    assert {"repeat_contact", "repeat_information", "transfer"} <= set(found.effort_drivers)
    assert found.effort_score >= 4
    assert found.turns[0].label == -1
    assert found.sentiment is not None and found.sentiment < 0
    assert "broadband" in found.issue_text


def test_happy_customer() -> None:
    found = analyse(HAPPY)
    assert found.resolution == "resolved"
    assert found.sentiment_end == 1
    assert found.effort_drivers == ()
    assert found.effort_score < 2.5
    assert not (found.stated_repeat or found.escalation or found.churn_risk)
    assert found.issue_text == "I would like to change the delivery address of my order"


def test_moved_elsewhere() -> None:
    found = analyse(MOVED)
    assert found.resolution == "moved"
    assert found.effort_drivers == ("channel_switch",)


@pytest.mark.parametrize("last", ["No, it is still not working at all.", "nope still broken", "still no internet"])
def test_what_still_fails_is_not_resolved(last: str) -> None:
    fixed = ("c: my internet is down", "a: I've fixed it for you, all done.")
    assert analyse(talk(*fixed, f"c: {last}")).resolution == "unresolved"
    assert analyse(
        talk(*fixed, f"c: {last}", "a: I have reset the port, done.", "c: yes, it works now")
    ).resolution == ("resolved")


@pytest.mark.parametrize("conversation", [ANGRY, HAPPY, MOVED, talk("c: my parcel is late", "a: ok", "c: and now?")])
def test_an_outcome_has_words_that_show_it(conversation: Conversation) -> None:
    found = analyse(conversation)
    shown = [tag for tag in found.tags if tag.tag == "resolution"]
    assert bool(shown) == (found.resolution != "unclear")
    assert all(tag.quote and tag.value == found.resolution for tag in shown)


@pytest.mark.parametrize(
    ("label", "turn", "outcome"),
    [("still_fails", 0, "unresolved"), ("promises", 1, "unresolved"), ("moves", 1, "moved"), ("done", 1, "resolved")],
)
def test_an_outcome_that_no_turn_shows_for_sure_quotes_the_closest(label: str, turn: int, outcome: str) -> None:
    reading = read_with(talk("c: my parcel is late", "a: ok", "c: and now"), [(0.0, 1.0, 0.0)] * 3)
    reading.marks[turn].chances[LABELS.index(label)] = 0.45
    found = tag_resolution(reading)
    assert [(tag.turn, tag.value, tag.score) for tag in found.tags] == [(turn, outcome, 0.45)]


def test_an_offer_comes_when_the_issue_is_open_again() -> None:
    offer = "a: Would you like to upgrade to our premium plan for $10 a month?"
    start = ("c: my internet is down", "a: I've fixed it for you, all done.")
    for said, state in (("c: yes, works, thanks", "issue settled"), ("c: No, it still does not work.", "issue open")):
        tags = analyse(talk(*start, said, offer)).tags
        assert [tag.value for tag in tags if tag.tag == "sales_offer"] == [state]


def test_a_problem_told_in_private_is_no_complaint_yet() -> None:
    alone = talk("c: I cannot log in to my account since this morning")
    post = talk("c: @acme I cannot log in to my account since this morning")

    def scored(conversation: Conversation, channel: str) -> float:
        read_by_the_turn_model = TagConfig(read=ReadConfig(doubt=0.0))
        return analyse(replace(conversation, channel=channel), config=read_by_the_turn_model).turns[0].score

    assert scored(alone, "social") < scored(alone, "email") == scored(alone, "unknown")
    assert scored(post, "social") == scored(post, "unknown") < scored(post, "email")


def test_no_customer_turn_is_unknown() -> None:
    found = analyse(talk("a: Your order was shipped. Great news!"))
    assert (found.sentiment, found.sentiment_start, found.sentiment_end) == (None, None, None)
    assert found.issue_text == ""
    assert len(found.turns) == 1


def test_the_agents_mood_is_not_the_customers() -> None:
    found = analyse(talk("c: my order number is 1234", "a: This is terrible, I hate this awful useless system!"))
    assert found.turns[1].label == -1
    assert found.sentiment_end == 0
    assert not any(tag.tag == "sentiment" for tag in found.tags)


def test_later_turns_weigh_more() -> None:
    """Weights 1, 1.5, 2 over scores -1, 0, 1: (-1 + 0 + 2) / 4.5 = 0.2222."""
    conversation = talk("c: a", "c: b", "c: c")
    reading = read_with(conversation, [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)])
    assert tag_sentiment(reading).overall == 0.2222
    assert tag_sentiment(reading, config=SentimentConfig(end_weight=1)).overall == 0.0


def test_yes_to_the_question_takes_over_what_was_asked() -> None:
    asked = "a: So you have called us about this several times before?"
    yes, no = (read([talk("c: my tv shows nothing", asked, answer)])[0] for answer in ("c: yes", "c: no"))
    assert yes.marks[2].chance("stated_repeat") > no.marks[2].chance("stated_repeat")
    assert yes.marks[2].chance("stated_repeat") >= yes.marks[1].chance("stated_repeat")


def test_sales_offer_is_the_agents() -> None:
    offered = analyse(talk("c: what is my balance", "a: It is 20. Would you be interested in our premium plan?"))
    assert [tag.turn for tag in offered.tags if tag.tag == "sales_offer"] == [1]


@pytest.mark.parametrize(
    ("conversation", "words"),
    [
        (
            talk(
                "c: hi",
                "c: it's 4 4 7 1",
                "c: uh yes so i was calling because i can't log in to the app on my new phone",
            ),
            "log in",
        ),
        (
            talk("c: Good morning. How are you? I need a refund for a damaged kettle. Thanks"),
            "refund for a damaged kettle",
        ),
    ],
)
def test_issue_skips_greetings_and_verification(conversation: Conversation, words: str) -> None:
    text = analyse(conversation).issue_text
    assert words in text
    assert "4 4 7 1" not in text and "Good morning" not in text


def test_issue_of_long_speech_is_short() -> None:
    speech = "so um i bought a washing machine from you and it leaks water all over the kitchen floor " * 40
    text = analyse(talk(f"c: {speech}")).issue_text
    assert 0 < len(text) <= 300
    assert "washing machine" in text


def test_every_tag_quotes_its_turn() -> None:
    for conversation in (ANGRY, HAPPY, MOVED):
        for tag in analyse(conversation).tags:
            assert tag.quote == conversation.turns[tag.turn].text[tag.start : tag.end] != ""
            assert "@" in tag.model
            assert -1 <= tag.score <= 1


@given(st.lists(st.tuples(st.sampled_from(Role), st.text(max_size=80)), min_size=1, max_size=5))
@settings(max_examples=80, deadline=None)
def test_any_text_gives_a_consistent_analysis(rows: list[tuple[Role, str]]) -> None:
    conversation = Conversation("c", tuple(Turn(role, text) for role, text in rows))
    found = analyse(conversation)
    assert len(found.turns) == len(rows)
    assert 1 <= found.effort_score <= 5
    assert 0 <= found.resolution_confidence <= 1
    assert (found.sentiment is None) == (not conversation.customer_turns)
    assert [d for d in EFFORT_DRIVERS if d in found.effort_drivers] == list(found.effort_drivers)
    for tag in found.tags:
        assert tag.quote == conversation.turns[tag.turn].text[tag.start : tag.end]


def test_a_batch_says_what_each_alone_says() -> None:
    conversations = [ANGRY, HAPPY, MOVED, HAPPY]
    assert analyse_batch(conversations) == [analyse(conversation) for conversation in conversations]
    assert analyse_batch(conversations[::-1]) == analyse_batch(conversations)[::-1]
    assert analyse_batch([]) == []


@pytest.fixture(scope="module")
def nlp() -> spacy.Language:
    pipeline = spacy.blank("en")
    for name in PIPES:
        pipeline.add_pipe(f"textinsight_{name}")
    return pipeline


def from_doc(doc: spacy.tokens.Doc) -> dict[str, object]:
    s, e, o = doc._.ti_sentiment, doc._.ti_effort, doc._.ti_resolution
    tags = [tag for name in PIPES for tag in getattr(doc._, f"ti_{name}")["tags"]]
    return {
        "turns": s["turns"],
        "sentiment": s["overall"],
        "sentiment_start": s["start"],
        "sentiment_end": s["end"],
        "resolution": o["resolution"],
        "resolution_confidence": o["confidence"],
        "effort_score": e["score"],
        "effort_drivers": e["drivers"],
        "stated_repeat": doc._.ti_repeat["stated"],
        "escalation": doc._.ti_risk["escalation"],
        "churn_risk": doc._.ti_risk["churn_risk"],
        "issue_text": doc._.ti_issue["text"],
        "tags": sorted(tags, key=lambda t: (t["turn"], t["start"], t["end"], t["tag"], t["value"])),
    }


def as_json(found: Analysis) -> dict[str, object]:
    plain: dict[str, object] = json.loads(json.dumps(asdict(found)))
    return plain


@pytest.mark.parametrize("conversation", [ANGRY, HAPPY, MOVED])
def test_pipeline_and_batch_agree(nlp: spacy.Language, conversation: Conversation) -> None:
    doc = nlp(to_doc(conversation, nlp))
    assert from_doc(doc) == as_json(analyse(conversation))


def test_findings_survive_a_docbin(nlp: spacy.Language) -> None:
    doc = nlp(to_doc(ANGRY, nlp))
    stored = DocBin(store_user_data=True, docs=[doc]).to_bytes()
    back = next(iter(DocBin().from_bytes(stored).get_docs(nlp.vocab)))
    assert json.dumps(from_doc(back)) == json.dumps(from_doc(doc))


def test_a_plain_text_is_one_customer_turn(nlp: spacy.Language) -> None:
    assert nlp("this is terrible, I want to speak to a manager!")._.ti_risk["escalation"] is True


@pytest.mark.parametrize("name", PIPES)
def test_factory_entry_point_and_config_agree(nlp: spacy.Language, name: str) -> None:
    declared = entry_points(group="spacy_factories")[f"textinsight_{name}"].value
    assert declared == f"textinsight.tag.{name}:make_{name}"
    meta = nlp.get_factory_meta(f"textinsight_{name}")
    assert meta.assigns == [f"doc._.ti_{name}"]
    assert dict(meta.default_config) == asdict(getattr(TagConfig(), name)) | asdict(ReadConfig())


@pytest.mark.parametrize(
    "make",
    [
        lambda: EffortConfig(threshold=1.5),
        lambda: RepeatConfig(threshold=-0.1),
        lambda: RiskConfig(threshold=2),
        lambda: SentimentConfig(end_weight=0.5),
        lambda: ResolutionConfig(half_life=0),
        lambda: IssueConfig(most_characters=0),
    ],
)
def test_bad_configs_are_refused(make: object) -> None:
    with pytest.raises(ValueError, match=r"must be|must lie"):
        make()  # type: ignore[operator]


def test_config_reaches_the_tagger() -> None:
    strict = replace(TagConfig(), risk=RiskConfig(threshold=1.0))
    assert analyse(ANGRY).escalation
    assert not analyse(ANGRY, config=strict).escalation


def test_models_are_named_with_versions() -> None:
    assert set(models()) == {"turns", "issue"}
    assert all("@" in name for name in models().values())


@pytest.mark.slow
def test_processes_agree() -> None:
    code = (
        "import spacy; from textinsight.conversation import *; from textinsight.doc import *\n"
        "if __name__ == '__main__':\n"
        "    nlp = spacy.blank('en')\n"
        "    for name in ('sentiment', 'risk'): nlp.add_pipe(f'textinsight_{name}')\n"
        "    ours = [Conversation(str(i), (Turn(Role.CUSTOMER, 'awful, get me a manager'),)) for i in range(4)]\n"
        "    docs = list(nlp.pipe([to_doc(c, nlp) for c in ours], n_process=2, batch_size=2))\n"
        "    print(all(d._.ti_risk['escalation'] and d._.ti_sentiment['end'] == -1 for d in docs), len(docs))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "True 4"


def test_half_a_character_is_none() -> None:
    assert analyse(talk("c: the app \ud83d crashes")).issue_text == "the app \ufffd crashes"
