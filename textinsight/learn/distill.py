"""Makes models/static-en: token vectors of a sentence transformer, fitted so that their sum acts as it does.

1. Every vocabulary token goes through the transformer alone; weights a / (a + p) quieten frequent tokens (SIF,
   Arora et al. 2017). 2. Token vectors and weights are fitted on sentences: similarities inside a batch follow
   the transformer's, a sentence lies nearest its own transformer vector, requests of one intent lie close.
3. Principal axes of the sentences, int8 rows.

    python -m textinsight.learn.distill --model DIR --out models/static-en --labelled F.jsonl … --texts F …
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textinsight.encode import unit_rows
from textinsight.errors import ModelError, UsageError
from textinsight.learn.meta import add_scores, sha256, write_meta

Floats = npt.NDArray[np.float32]
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
# Dialogue acts: what they say is no request, so they pull nothing together.
_NO_REQUEST = frozenset(
    ("contentonly", "confirmation", "rejection", "thankyou", "outofdomain", "openinggreeting", "closinggreeting", "oos")
)


@dataclass(frozen=True, slots=True)
class DistillConfig:
    """dimension: columns kept. smoothing: `a` of the weights. zipf_share: of 1/rank in p, the rest is counted.

    temperature: of similarities in the losses. intent_weight: of the same-intent loss beside the other two.
    per_file: texts taken of one unlabelled file, by hash.
    """

    dimension: int = 256
    smoothing: float = 1e-3
    zipf_share: float = 0.3
    epochs: int = 3
    batch: int = 1024
    learning_rate: float = 1e-3
    temperature: float = 0.07
    intent_weight: float = 1.0
    per_file: int = 12_000
    seed: int = 0
    version: str = "1"

    def __post_init__(self) -> None:
        if not 8 <= self.dimension <= 384:
            raise UsageError(f"dimension must lie in [8, 384], got {self.dimension}", hint="--dimension 256")


@dataclass(frozen=True, slots=True)
class Sentences:
    """Training texts and their intent, -1 where unlabelled. texts are distinct."""

    texts: tuple[str, ...]
    intents: npt.NDArray[np.int64]


# ---- data


def read_sentences(labelled: Sequence[Path], texts: Sequence[Path], per_file: int) -> Sentences:
    """Rows of `labelled` (text, intent, split; test rows are left out) and the sentences of `texts`."""
    intent_of: dict[str, str] = {}
    for path in labelled:
        for row in _rows(path):
            if row.get("split") != "test" and len(row["text"].split()) >= 3:
                intent_of.setdefault(row["text"].strip(), f"{path.stem}/{row['intent']}")
    for path in texts:
        found = sorted(set(_sentences(path)), key=_digest)[:per_file]
        intent_of.update((text, "") for text in found if text not in intent_of)
    names = {name: i for i, name in enumerate(sorted(filter(_is_request, set(intent_of.values()))))}
    ordered = sorted(intent_of)
    return Sentences(tuple(ordered), np.array([names.get(intent_of[t], -1) for t in ordered], np.int64))


def _is_request(name: str) -> bool:
    intent = name.partition("/")[2]
    return re.fullmatch(r"\S+", intent) is not None and "<" not in intent and intent not in _NO_REQUEST


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=8).digest()


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        raise UsageError(f"{path} is absent", hint="give the data folder's files; they do not ship")
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        yield from _FORMATS[path.name.removesuffix(".gz").rpartition(".")[2]](lines)


def _csv_rows(lines: Any) -> Iterator[dict[str, Any]]:
    csv.field_size_limit(2**31 - 1)
    for row in csv.DictReader(lines):
        yield {"text": max((value or "" for value in row.values()), key=len)}


_FORMATS: dict[str, Callable[[Any], Iterator[dict[str, Any]]]] = {
    "jsonl": lambda lines: map(json.loads, lines),
    "tsv": lambda lines: ({"text": line.split("\t")[0]} for line in lines),
    "csv": _csv_rows,
}


def _sentences(path: Path) -> Iterator[str]:
    """Sentences of 3 to 30 words; of conversations, the customer's."""
    for row in _rows(path):
        turns = row.get("turns") or [{"role": "customer", "text": row.get("text", "")}]
        for turn in turns:
            parts = re.split(r"(?<=[.!?])\s+", turn["text"]) if turn["role"] == "customer" else []
            yield from (part.strip() for part in parts if 3 <= len(part.split()) <= 30)


# ---- transformer


def forward_vocabulary(model_dir: Path, *, batch: int = 1024) -> Floats:
    """(vocabulary, hidden): the transformer's mean-pooled vector of each token on its own, centred."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model_dir)
    model = AutoModel.from_pretrained(model_dir).eval()
    ids = torch.arange(len(tokenizer))
    first = torch.full_like(ids, tokenizer.cls_token_id)
    last = torch.full_like(ids, tokenizer.sep_token_id)
    rows = torch.stack([first, ids, last], dim=1)
    with torch.inference_mode():
        parts = [model(input_ids=part).last_hidden_state.mean(1) for part in rows.split(batch)]
    vectors = np.asarray(torch.cat(parts).numpy(), np.float32)
    return np.asarray(vectors - vectors.mean(0), np.float32)


def teacher_vectors(model_dir: Path, texts: Sequence[str], cache: Path | None) -> Floats:
    """(n, hidden) unit rows of the transformer; `cache` (a folder) keeps them, only missing texts are encoded."""
    from textinsight.encode.transformer import TransformerEncoder

    known: dict[str, Floats] = {}
    if cache and (cache / "texts.json").exists():
        names = json.loads((cache / "texts.json").read_text("utf-8"))
        known = dict(zip(names, np.load(cache / "vectors.npy").astype(np.float32), strict=True))
    missing = [text for text in texts if text not in known]
    if missing:
        known.update(zip(missing, TransformerEncoder(str(model_dir)).encode(missing), strict=True))
    if cache and missing:
        cache.mkdir(parents=True, exist_ok=True)
        (cache / "texts.json").write_text(json.dumps(list(known)), "utf-8")
        np.save(cache / "vectors.npy", np.stack(list(known.values())).astype(np.float16))
    return np.stack([known[text] for text in texts])


# ---- tokens


def token_weights(tokenizer: Any, ids: Sequence[Sequence[int]], config: DistillConfig) -> Floats:
    """(vocabulary,): a / (a + p), p from counts mixed with 1 / rank (BERT's vocabulary is sorted by frequency)."""
    size = tokenizer.get_vocab_size()
    zipf = 1.0 / np.arange(1, size + 1)
    counts = np.bincount(np.fromiter((i for row in ids for i in row), np.int64), minlength=size)
    share = config.zipf_share
    p = share * zipf / zipf.sum() + (1 - share) * counts / max(1, counts.sum())
    weight = config.smoothing / (config.smoothing + p)
    weight[[tokenizer.token_to_id(token) for token in _SPECIAL]] = 0
    return np.asarray(weight, np.float32)


def fit_tokens(
    start: Floats,
    ids: Sequence[Sequence[int]],
    teacher: Floats,
    intents: npt.NDArray[np.int64],
    *,
    config: DistillConfig,
) -> Floats:
    """(vocabulary, hidden): exp(u) · (start·A + delta) with A, delta and u fitted; tokens never seen move with A."""
    import torch

    torch.manual_seed(config.seed)
    base, target, intent = torch.tensor(start), torch.tensor(teacher), torch.tensor(intents)
    shared = torch.nn.Parameter(torch.eye(base.shape[1]))
    delta = torch.nn.Parameter(torch.zeros_like(base))
    weight = torch.nn.Parameter(torch.zeros(len(base)))
    speeds = (0.3, 0.5, 5.0)
    groups = [
        {"params": [p], "lr": config.learning_rate * s} for p, s in zip((shared, delta, weight), speeds, strict=True)
    ]
    optimiser = torch.optim.Adam(groups)
    batches = len(ids) // config.batch
    decay = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, total_iters=config.epochs * batches)
    for _ in range(config.epochs):
        for rows in torch.randperm(len(ids))[: batches * config.batch].split(config.batch):
            tokens, offsets = _flat([ids[row] for row in rows.tolist()])
            seen, inverse = torch.unique(torch.from_numpy(tokens), return_inverse=True)
            vectors = (base[seen] @ shared + delta[seen]) * torch.exp(weight[seen])[:, None]
            sums = torch.nn.functional.embedding_bag(inverse, vectors, torch.from_numpy(offsets), mode="sum")
            loss = _loss(torch.nn.functional.normalize(sums, dim=1), target[rows], intent[rows], config)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            decay.step()
    with torch.no_grad():
        return np.asarray(((base @ shared + delta) * torch.exp(weight)[:, None]).numpy(), np.float32)


def _loss(student: Any, teacher: Any, intent: Any, config: DistillConfig) -> Any:
    """Cross entropies: with the teacher's neighbours, with the own teacher vector, with the same intent."""
    import torch

    own = torch.eye(len(student), dtype=torch.bool)
    near = torch.log_softmax((student @ student.T / config.temperature).masked_fill(own, -1e4), 1)
    wanted = torch.softmax((teacher @ teacher.T / config.temperature).masked_fill(own, -1e4), 1)
    neighbours = -(wanted * near).sum(1).mean()
    itself = torch.nn.functional.cross_entropy(student @ teacher.T / config.temperature, torch.arange(len(student)))
    same = (intent[:, None] == intent) & (intent >= 0) & ~own
    labelled = same.any(1)
    alike = (near * same).sum(1)[labelled] / same.sum(1)[labelled]
    return neighbours + itself - config.intent_weight * (alike.mean() if labelled.any() else 0.0)


def _flat(ids: Sequence[Sequence[int]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """All token ids in a row, and where each text starts."""
    ends = np.cumsum([len(row) for row in ids])
    return np.fromiter((i for row in ids for i in row), np.int64), np.append(0, ends[:-1])


def principal(tokens: Floats, ids: Sequence[Sequence[int]], dimension: int) -> Floats:
    """(vocabulary, dimension): `tokens` on the axes that keep most of the sentences' products, signs fixed."""
    flat, starts = _flat(ids)
    sums = np.add.reduceat(tokens[flat], starts).astype(np.float64)
    sums = unit_rows(sums).astype(np.float64)
    values, axes = np.linalg.eigh(sums.T @ sums)
    axes = axes[:, np.argsort(-values)[:dimension]]
    axes *= np.sign(axes[np.abs(axes).argmax(0), np.arange(axes.shape[1])])
    return np.asarray(tokens @ axes, np.float32)


def quantise(vectors: Floats) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float16]]:
    """int8 rows and the float16 scale of each row."""
    scale = (np.abs(vectors).max(1) / 127).astype(np.float16)
    safe = np.where(scale > 0, scale.astype(np.float32), 1)[:, None]
    return np.clip(np.rint(vectors / safe), -127, 127).astype(np.int8), scale


# ---- artefact


def distill(
    model_dir: Path,
    out: Path,
    sentences: Sentences,
    *,
    data: Sequence[str],
    cache: Path | None = None,
    config: DistillConfig = DistillConfig(),
) -> None:
    """Writes tokenizer.json, vectors.safetensors and meta.json to `out`; `data`: what the sentences are, for meta.json.

    ModelError if the model is not there.
    """
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer

    if not (model_dir / "tokenizer.json").exists():
        raise ModelError(f"{model_dir} holds no tokenizer.json", hint="--model FOLDER of all-MiniLM-L6-v2")
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(str(model_dir / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    encoded = tokenizer.encode_batch_fast(list(sentences.texts), add_special_tokens=False)
    usable = [row for row, encoding in enumerate(encoded) if encoding.ids]
    ids = [encoded[row].ids for row in usable]
    start = forward_vocabulary(model_dir) * token_weights(tokenizer, ids, config)[:, None]
    start /= np.linalg.norm(start, axis=1).mean()
    teacher = teacher_vectors(model_dir, sentences.texts, cache)[usable]
    teacher = unit_rows(teacher - teacher.mean(0))
    tokens = fit_tokens(start, ids, teacher, sentences.intents[usable], config=config)
    rows, scale = quantise(principal(tokens, ids, config.dimension))
    tokenizer.save(str(out / "tokenizer.json"), pretty=False)
    save_file({"vectors": rows, "scale": scale}, str(out / "vectors.safetensors"))
    (out / "vectors.safetensors").chmod(0o644)
    write_meta(
        out,
        f"static-en@{config.version}",
        data=data,
        licence="Apache-2.0",
        files=("tokenizer.json", "vectors.safetensors"),
        settings=asdict(config),
        source_model="sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0)",
        source_sha256=sha256(model_dir / "model.safetensors"),
    )


def retrieval_scores(vectors: Floats, labels: Sequence[str]) -> dict[str, float]:
    """precision_at_1: nearest text has the same label. r_precision: share of it among the n_label - 1 nearest."""
    gold = np.unique(labels, return_inverse=True)[1]
    cosine = vectors @ vectors.T
    np.fill_diagonal(cosine, -np.inf)
    order = np.argsort(-cosine, axis=1, kind="stable")
    hits = gold[order] == gold[:, None]
    wanted = np.bincount(gold)[gold] - 1
    asked = wanted > 0
    precision = [row[:n].mean() for row, n in zip(hits[asked], wanted[asked], strict=True)]
    return {
        "precision_at_1": round(float(hits[asked, 0].mean()), 4),
        "r_precision": round(float(np.mean(precision)), 4),
    }


def evaluate(out: Path, path: Path) -> dict[str, float]:
    """`retrieval_scores` of the encoder in `out` on a labelled file's test rows (all rows if it has no split)."""
    from textinsight.encode.static import StaticEncoder

    rows = [row for row in _rows(path) if row.get("split", "test") == "test"]
    rows = [row for row in rows if _is_request(f"/{row['intent']}")]
    vectors = StaticEncoder.from_folder(out).encode([row["text"] for row in rows])
    return retrieval_scores(vectors, [row["intent"] for row in rows])


def main(argv: Sequence[str] | None = None) -> None:
    """Trains, measures on --test files and writes the artefact."""
    parser = argparse.ArgumentParser(prog="textinsight.learn.distill", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder of all-MiniLM-L6-v2")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--labelled", type=Path, nargs="*", default=[], help="JSON Lines: text, intent, split")
    parser.add_argument("--texts", type=Path, nargs="*", default=[], help="unlabelled .jsonl[.gz], .csv, .tsv")
    parser.add_argument("--test", type=Path, nargs="*", default=[], help="labelled files to measure on")
    parser.add_argument("--cache", type=Path, help="folder that keeps the transformer's vectors between runs")
    parser.add_argument("--version", default="1")
    args = parser.parse_args(argv)
    config = DistillConfig(version=args.version)
    sentences = read_sentences(args.labelled, args.texts, config.per_file)
    data = sorted(path.name for path in (*args.labelled, *args.texts))
    distill(args.model, args.out, sentences, data=data, cache=args.cache, config=config)
    scores = {path.name: evaluate(args.out, path) for path in args.test}
    add_scores(args.out, scores)
    sys.stdout.write(json.dumps({"sentences": len(sentences.texts), "scores": scores}, indent=2) + "\n")


if __name__ == "__main__":
    main()
