"""Train models/turns-static on the turn model's answers: python -m textinsight.learn.train_student --data FOLDER.

The student never sees a label: it learns the chances that the turn model gives to texts of permissive sources.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from textinsight.conversation import Conversation
from textinsight.encode.static import StaticEncoder
from textinsight.encode.turns import TurnReader, turn_reader
from textinsight.learn.labels import read_sentences, written_texts
from textinsight.learn.meta import write_meta
from textinsight.learn.turn_data import talks, unlabelled, unlabelled_talks
from textinsight.tag.labels import LABELS, MOOD
from textinsight.tag.student import MODEL, Student, WordVectors, features, incidence
from textinsight.tag.talk import speaker
from textinsight.tag.words import spoken

log = logging.getLogger(__name__)

VERSION = "6"
LICENCE = "Apache-2.0 (weights); training data: see CARD.md"
DATA = (
    "turns-en's answers to: texts of the labelled conversations (corpora/labels)",
    "dialogues written for the project (corpora/support-dialogues, Apache-2.0)",
    "STAR (MIT)",
    "MultiDoGO (CDLA-Permissive-1.0)",
    "BANKING77 (CC BY 4.0)",
    "CLINC150 (CC BY 3.0)",
    "GoEmotions (CC BY 4.0)",
    "rated tweets and review sentences (Hutto, MIT)",
    "CFPB complaints (public domain)",
)

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class StudentConfig:
    """talks, texts: unlabelled conversations, and texts alone, that the turn model is asked about.

    least_count, least_weight: what a feature must reach to stay.
    """

    talks: int = 2_000
    texts: int = 60_000
    longest: int = 300
    least_count: int = 4
    least_weight: float = 0.3
    epochs: int = 6
    batch: int = 512
    rate: float = 0.02
    decay: float = 1e-6
    seed: int = 0


def answers(reader: TurnReader, talks: Sequence[Conversation], texts: Sequence[str]) -> list[tuple[str, Array]]:
    """(text, chances) of every turn of `talks`, read with its neighbours, and of `texts`, each read alone."""
    log.info("asking the turn model about %d conversations and %d texts", len(talks), len(texts))
    out = []
    for talk in talks:
        read = reader.read_talk([turn.text for turn in talk.turns], [speaker(turn.role) for turn in talk.turns])
        out += [(turn.text, read.turns[number].chances) for number, turn in enumerate(talk.turns)]
    return out + [(text, reader.read([text])[0].chances) for text in texts]


def train(known: Sequence[tuple[str, Array]], *, config: StudentConfig = StudentConfig()) -> Student:
    """The linear heads with the least cross-entropy against the turn model's `answers`."""
    texts, target = [text for text, _ in known], np.array([chances for _, chances in known])
    said = [spoken(text) for text in texts]
    names = [features(text) for text in said]
    counts = Counter(name for found in names for name in set(found))
    vocabulary = {name: i for i, name in enumerate(sorted(n for n, c in counts.items() if c >= config.least_count))}
    rows = [sorted({vocabulary[name] for name in found if name in vocabulary}) for found in names]
    encoder = StaticEncoder.load()
    dense = WordVectors(encoder).encode([text.words for text in said])
    log.info("fitting %d features", len(vocabulary))
    weights, vector, bias = _fit(rows, len(vocabulary), dense, target, config)
    kept = np.flatnonzero(np.abs(weights).max(axis=1) >= config.least_weight)
    ordered = list(vocabulary)
    return Student(
        f"{MODEL}@{VERSION}",
        {ordered[row]: i for i, row in enumerate(kept)},
        weights[kept].astype(np.float16).astype(np.float32),
        vector.astype(np.float16).astype(np.float32),
        bias.astype(np.float16).astype(np.float32),
        WordVectors(encoder),
        encoder.name,
    )


def public_answers(data: Path, reader: TurnReader, config: StudentConfig) -> list[tuple[str, Array]]:
    """What the shipped student learns: our labelled conversations and sentences first, then others by chance."""
    labelled = [talk.conversation for talk in talks(data)]
    ours = {turn.text for turn in [*read_sentences(data), *written_texts()]}
    others = [text for text in unlabelled(data) if text not in ours and len(text) <= config.longest]
    random.Random(config.seed).shuffle(others)
    texts = [*sorted(text for text in ours if len(text) <= config.longest), *others][: config.texts]
    return answers(reader, [*labelled, *unlabelled_talks(data)[: config.talks]], texts)


def _fit(
    rows: Sequence[Sequence[int]], width: int, dense: Array, target: Array, config: StudentConfig
) -> tuple[Array, Array, Array]:
    import torch
    from torch import nn

    torch.manual_seed(config.seed)
    matrix = incidence(rows, width)
    sizes = np.maximum(np.diff(matrix.indptr), 1)
    bag = nn.EmbeddingBag(width, len(LABELS), mode="sum")
    line = nn.Linear(dense.shape[1], len(LABELS))
    nn.init.zeros_(bag.weight)
    optimizer = torch.optim.Adam([*bag.parameters(), *line.parameters()], lr=config.rate)
    wanted, vectors = torch.from_numpy(target), torch.from_numpy(dense)
    moods = len(MOOD)
    draw = np.random.default_rng(config.seed)
    for epoch in range(config.epochs):
        order = draw.permutation(len(rows))
        total = 0.0
        for start in range(0, len(order), config.batch):
            part = order[start : start + config.batch]
            flat = torch.tensor([column for i in part for column in rows[i]], dtype=torch.long)
            ends = torch.tensor(np.cumsum([0, *(len(rows[i]) for i in part)])[:-1], dtype=torch.long)
            scale = torch.tensor(np.repeat(1 / np.sqrt(sizes[part]), [len(rows[i]) for i in part]), dtype=torch.float32)
            logits = bag(flat, ends, per_sample_weights=scale) + line(vectors[part])
            y = wanted[part]
            loss = -(y[:, :moods] * logits[:, :moods].log_softmax(1)).sum(1).mean()
            loss = loss + nn.functional.binary_cross_entropy_with_logits(logits[:, moods:], y[:, moods:]) * 6
            loss = loss + config.decay * bag.weight.pow(2).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(part)
        log.info("epoch %d: loss %.4f", epoch + 1, total / len(rows))
    return (
        bag.weight.detach().numpy(),
        line.weight.detach().numpy().T.copy(),
        line.bias.detach().numpy(),
    )


def save(model: Student, folder: Path, *, teacher: str, config: StudentConfig, data: Sequence[str] = DATA) -> None:
    """Write heads.safetensors (float16), features.txt and meta.json."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {"weights": model.weights, "vector": model.vector, "bias": model.bias}
    save_file({k: np.ascontiguousarray(v, np.float16) for k, v in tensors.items()}, folder / "heads.safetensors")
    (folder / "heads.safetensors").chmod(0o644)
    (folder / "features.txt").write_text("\n".join(model.vocabulary) + "\n", "utf-8")
    settings = {"encoder": model.engine, "teacher": teacher, **asdict(config)}
    files = ("heads.safetensors", "features.txt")
    write_meta(folder, model.name, data=data, licence=LICENCE, files=files, settings=settings)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with the public data")
    parser.add_argument("--out", type=Path, default=Path("models") / MODEL)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    config = StudentConfig()
    reader = turn_reader()
    model = train(public_answers(options.data, reader, config), config=config)
    save(model, options.out, teacher=reader.name, config=config)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
