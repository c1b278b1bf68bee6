"""Tags: accuracy on public labelled data, what the quick reader gains and costs, and speed beside the usual stack.

    python benchmarks/tags.py --data DATA                        # accuracy
    python benchmarks/tags.py --data DATA --doubts               # share read by the transformer, speed and accuracy
    python benchmarks/tags.py --data DATA --parts                # what each part of the tag stage costs and gains
    python benchmarks/tags.py --tone                             # calm problems, irony, praise: 380 written texts
    python benchmarks/tags.py --data DATA --twin                 # how far the torch twin is from the shipped graph
    python benchmarks/tags.py --peers --minilm FOLDER            # contacts/s beside the peers, in the same run

The peers need: pip install torch transformers sentence-transformers presidio-analyzer vaderSentiment
DATA is a folder of public data; nothing of it trains here.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from textinsight.conversation import Conversation, Role, Turn
from textinsight.learn.borders import border_talks
from textinsight.learn.card import as_markdown
from textinsight.learn.evaluate import card_of, evaluate, read_labelled
from textinsight.learn.scores import macro_f1, macro_recall
from textinsight.learn.sentiment_data import measured_sets
from textinsight.resources import data_path, model_path
from textinsight.tag import ReadConfig, TagConfig, analyse_batch
from textinsight.tag.reading import read

_DOUBTS = (0.0, 0.1, 0.2, 0.35, 0.5, 1.0)
_CONTACTS = 600
_TURNS = 6  # of a contact of the speed test


def accuracy(data: Path) -> None:
    """The card of the support dialogues, sentiment of other texts, annoyed customers."""
    print(as_markdown(evaluate(data / "support_gold_dev.jsonl")))
    print("\n280 conversations that were read for this alone (corpora/labels/measured.jsonl)\n")
    print(as_markdown(card_of(border_talks(data, name="measured"))))
    print("| texts | n | macro-F1 | macro-recall | VADER macro-F1 | VADER macro-recall |\n|---|---|---|---|---|---|")
    for name, texts, labels in measured_sets(data):
        if name != "support_gold_dev":
            gold, got, vader = np.array(labels), moods(texts), _vader(texts)
            beside = [f"{score(gold, vader):.3f}" if vader is not None else "" for score in (macro_f1, macro_recall)]
            ours = [f"{score(gold, got):.3f}" for score in (macro_f1, macro_recall)]
            print("|", " | ".join([name, str(len(gold)), *ours, *beside]), "|")
    print(f"\nSTAR, customer annoyed, area under ROC: {annoyed(data):.3f}")


def moods(texts: Sequence[str], *, config: ReadConfig | None = None) -> np.ndarray:
    """The sentiment of public posts, each taken alone, -1, 0, 1."""
    turns = [Turn(Role.CUSTOMER, text or " ") for text in texts]
    talks = [Conversation(str(i), (turn,), channel="social") for i, turn in enumerate(turns)]
    return np.array([reading.marks[0].mood for reading in read(talks, config=config or ReadConfig())])


def _vader(texts: Sequence[str]) -> np.ndarray | None:
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError:
        return None
    analyzer = SentimentIntensityAnalyzer()
    scores = np.array([analyzer.polarity_scores(text)["compound"] for text in texts])
    return (scores >= 0.05).astype(int) - (scores <= -0.05).astype(int)


def annoyed(data: Path) -> float:
    """Area under ROC of the customer's strongest negative turn against "was the customer annoyed", in dialogues that
    nobody read whole for training.
    """
    from scipy.stats import rankdata

    path = "star/contacts.jsonl.gz"
    labels = data_path("corpora", "labels", "conversations.jsonl").read_text("utf-8").splitlines()
    learnt = {row["row"] for row in map(json.loads, labels) if row["file"] == path}
    with gzip.open(data / path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for number, line in enumerate(file) if number not in learnt]
    talks = [_conversation(row) for row in rows]
    scores = np.array([-min((r.marks[i].score for i in r.conversation.customer_turns), default=0) for r in read(talks)])
    gold = np.array([bool(row["customer_annoyed"]) for row in rows])
    ranks = rankdata(scores)[gold].sum()
    positive, negative = int(gold.sum()), int((~gold).sum())
    return float((ranks - positive * (positive + 1) / 2) / (positive * negative))


def _conversation(row: dict) -> Conversation:
    turns = tuple(Turn(Role(turn["role"]), turn["text"]) for turn in row["turns"])
    return Conversation(str(row["conversation_id"]), turns)


def tone() -> None:
    """How often each kind of text in tone.tsv gets its mood, alone and as what opens a chat."""
    lines = (Path(__file__).parent / "tone.tsv").read_text("utf-8").splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    labels, kinds = np.array([int(row[0]) for row in rows]), np.array([row[1] for row in rows])
    texts = [row[2] for row in rows]
    answer = (Turn(Role.AGENT, "Hello, thank you for your message. Let me have a look."), Turn(Role.CUSTOMER, "ok"))
    found = {
        "alone, social": _first_moods(texts, channel="social"),
        "alone, chat": _first_moods(texts, channel="chat"),
        "opens a chat": _first_moods(texts, answer, channel="chat"),
    }
    vader = _vader(texts)
    if vader is not None:
        found["VADER"] = vader
    names = list(dict.fromkeys(kinds.tolist()))
    print("| read | macro-F1 |", " | ".join(f"{name} ({(kinds == name).sum()})" for name in names), "|")
    print("|---|---|" + "---|" * len(names))
    for name, got in found.items():
        right = [f"{(got == labels)[kinds == kind].mean():.0%}" for kind in names]
        print(f"| {name} | {macro_f1(labels, got):.3f} |", " | ".join(right), "|")


def _first_moods(texts: Sequence[str], after: tuple[Turn, ...] = (), *, channel: str) -> np.ndarray:
    talks = [Conversation(str(i), (Turn(Role.CUSTOMER, text), *after), channel=channel) for i, text in enumerate(texts)]
    return np.array([reading.marks[0].mood for reading in read(talks)])


def doubts(data: Path) -> None:
    """One row a doubt: what is left to the transformer, and what that gains."""
    talks = list(_demo(_CONTACTS))
    print(
        "| doubt | contacts read by the transformer | contacts/s on one core | turn sentiment | resolution | drivers |"
    )
    print("|---|---|---|---|---|---|")
    for doubt in _DOUBTS:
        config = ReadConfig(doubt=doubt)
        careful = [reading.whole is not None for reading in read(talks, config=config)]
        rate = _rate(lambda config=config: analyse_batch(talks, config=TagConfig(read=config)), len(talks))
        card = evaluate(data / "support_gold_dev.jsonl", config=TagConfig(read=config))
        value = {(line.tag, line.measure): line.value for line in card.lines}
        figures = [
            value["turn_sentiment", "macro-F1"],
            value["resolution", "macro-F1"],
            value["effort_drivers", "micro-F1"],
        ]
        print(f"| {doubt} | {np.mean(careful):.0%} | {rate:.0f} |", " | ".join(f"{f:.3f}" for f in figures), "|")


def parts(data: Path) -> None:
    """What each part of the tag stage costs (600 demo contacts) and what the tags are worth without it."""
    from unittest import mock

    from textinsight.encode import load_encoder
    from textinsight.ingest.redact import mask_conversation
    from textinsight.tag import reading as readings
    from textinsight.tag.marks import quick_chances
    from textinsight.tag.scan import scan
    from textinsight.tag.words import spoken

    raw = list(_demo(_CONTACTS))
    talks = [mask_conversation(talk, key=b"benchmark")[0] for talk in raw]
    analyse_batch(talks[:20])
    said = [[spoken(turn.text) for turn in talk.turns] for talk in talks]

    def cost(work: Callable[[], object]) -> float:
        return min(1000 / _rate(work, len(talks)) for _ in range(3))

    def worth(doubt: float = ReadConfig().doubt) -> str:
        card = evaluate(data / "support_gold_dev.jsonl", config=TagConfig(read=ReadConfig(doubt=doubt)))
        value = {(line.tag, line.measure): line.value for line in card.lines}
        measures = (("turn_sentiment", "macro-F1"), ("resolution", "macro-F1"), ("effort_drivers", "micro-F1"))
        return " | ".join(f"{value[measure]:.3f}" for measure in measures)

    masking = cost(lambda: [mask_conversation(talk, key=b"benchmark") for talk in raw])
    words = cost(lambda: [[spoken(turn.text) for turn in talk.turns] for talk in talks])
    cues = cost(lambda: [scan(talk, texts) for talk, texts in zip(talks, said, strict=True)])
    quick, whole, all_quick = (
        cost(lambda: quick_chances(said)),
        cost(lambda: read(talks)),
        cost(lambda: quick_all(talks)),
    )
    tags = cost(lambda: analyse_batch(talks)) - whole
    vectors = cost(lambda: load_encoder().encode([found.issue_text for found in analyse_batch(talks)])) - whole - tags
    with mock.patch.object(readings, "scan", lambda talk, _: ((),) * len(talk.turns)):
        without_cues = worth()
    rows = (
        ("masking", masking, ""), ("cutting into words", words, ""), ("cues", cues, without_cues),
        ("quick reader", quick, ""), ("turn model", whole - all_quick, worth(1.0)),
        ("tags, issue text", tags, ""), ("vector of the issue", vectors, ""),
    )  # fmt: skip
    print("| part | ms a contact | without it: turn sentiment | resolution | drivers |")
    print("|---|---|---|---|---|")
    for name, each, without in rows:
        print(f"| {name} | {each:.2f} | {without or '– | – | –'} |")
    print(f"| all | {sum(each for _, each, _ in rows):.2f} | {worth()} |")


def quick_all(talks: Sequence[Conversation]) -> object:
    """The conversations as the quick reader alone reads them."""
    return read(talks, config=ReadConfig(doubt=1.0))


def twin(data: Path) -> None:
    """How far the chances of the torch twin are from those of the shipped graph, and how many moods flip."""
    import torch

    from textinsight.encode.turns import MODEL, TurnReader
    from textinsight.encode.twin import load_twin
    from textinsight.tag.labels import MOOD
    from textinsight.tag.talk import speaker

    network = load_twin(model_path(MODEL))

    class Twin(TurnReader):
        def _run(self, window, outputs):
            ids, speakers, ages = (torch.tensor([row]) for row in (window.ids, window.speakers, window.ages))
            with torch.inference_mode():
                found = network(ids, speakers, ages, torch.ones_like(ids))
            named = dict(zip(("scores", "judged", "states"), found, strict=True))
            return [named[output][0].numpy() for output in outputs]

    talks = [row.conversation for row in read_labelled(data / "support_gold_dev.jsonl")]
    both = []
    for reader in (TurnReader(model_path(MODEL)), Twin(model_path(MODEL))):
        said = [([turn.text for turn in talk.turns], [speaker(turn.role) for turn in talk.turns]) for talk in talks]
        reads = [reader.read_talk(texts, speakers).turns for texts, speakers in said]
        both.append(np.array([read[turn].chances for read in reads for turn in range(len(read))]))
    apart = np.abs(both[0] - both[1])
    moods = [chances[:, : len(MOOD)].argmax(axis=1) for chances in both]
    flipped = np.mean(moods[0] != moods[1])
    print(
        f"{apart.size:,} chances of {len(apart)} turns: mean difference {apart.mean():.4f}, largest {apart.max():.2f};"
    )
    print(f"{np.mean(apart > 0.1):.1%} differ by more than .1; moods that flip: {flipped:.1%}")


def _demo(count: int, *, turns: int | None = None) -> Iterator[Conversation]:
    path = data_path("corpora", "demo", "conversations.jsonl.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file):
            if number == count:
                return
            row = json.loads(line)
            said = [turn for turn in row["turns"] if turn["text"].strip()][:turns]
            yield Conversation(row["conversation_id"], tuple(Turn(Role(t["role"]), t["text"]) for t in said))


def _rate(work: Callable[[], object], contacts: int) -> float:
    began = time.process_time()
    work()
    return contacts / (time.process_time() - began)


def peers(minilm: Path) -> None:
    """Contacts/s of one core: our whole tag stage with masking and vectors, and the stack that people put together."""
    from textinsight.encode import load_encoder
    from textinsight.ingest.redact import mask_conversation

    talks = list(_demo(_CONTACTS, turns=_TURNS))
    analyse_batch(talks[:20])

    def ours() -> None:
        masked = [mask_conversation(talk, key=b"benchmark")[0] for talk in talks]
        found = analyse_batch(masked)
        load_encoder().encode([analysis.issue_text for analysis in found])

    few = talks[:40]
    stack = _peer_stack(minilm)
    stack(few[:2])
    rates = [(_rate(ours, len(talks)), _rate(lambda: stack(few), len(few))) for _ in range(3)]
    for mine, theirs in rates:
        print(f"ours {mine:.0f} contacts/s, peers {theirs:.2f} contacts/s of {_TURNS} turns: {mine / theirs:.0f} x")


def _peer_stack(minilm: Path) -> Callable[[Sequence[Conversation]], None]:
    """Presidio over a blank spaCy, a DistilBERT-sized sentiment model, MiniLM vectors; random weights cost the same."""
    import spacy
    import torch
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from sentence_transformers import SentenceTransformer
    from transformers import AutoTokenizer, DistilBertConfig, DistilBertForSequenceClassification

    torch.set_num_threads(1)
    engine = SpacyNlpEngine()
    engine.nlp = {"en": spacy.blank("en")}
    analyzer = AnalyzerEngine(nlp_engine=engine)
    tokenizer = AutoTokenizer.from_pretrained(minilm)
    mood = DistilBertForSequenceClassification(DistilBertConfig(num_labels=3)).eval()
    encoder = SentenceTransformer(str(minilm), device="cpu")

    def work(talks: Sequence[Conversation]) -> None:
        texts = [turn.text for talk in talks for turn in talk.turns]
        for text in texts:
            analyzer.analyze(text=text, language="en")
        for start in range(0, len(texts), 32):
            batch = tokenizer(texts[start : start + 32], padding=True, truncation=True, return_tensors="pt")
            with torch.inference_mode():
                mood(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"])
        encoder.encode(texts, batch_size=32)

    return work


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--doubts", action="store_true")
    parser.add_argument("--parts", action="store_true")
    parser.add_argument("--tone", action="store_true")
    parser.add_argument("--twin", action="store_true")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--minilm", type=Path)
    options = parser.parse_args()
    if options.peers:
        if options.minilm is None:
            parser.error("--peers needs --minilm FOLDER, a copy of all-MiniLM-L6-v2")
        peers(options.minilm)
    elif options.tone:
        tone()
    elif options.data is None or not options.data.is_dir():
        parser.error("--data must be the folder of public data")
    else:
        (parts if options.parts else twin if options.twin else doubts if options.doubts else accuracy)(options.data)


if __name__ == "__main__":
    main()
