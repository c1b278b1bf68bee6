"""Makes models/static-en: a sentence transformer's view of every token, reduced, weighted and stored as int8."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from textinsight.errors import ModelError, UsageError

Floats = npt.NDArray[np.float32]
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


@dataclass(frozen=True, slots=True)
class DistillConfig:
    """dimension: columns kept. smoothing: `a` of the weight a / (a + p(token)); p mixes text counts and Zipf rank."""

    dimension: int = 256
    smoothing: float = 1e-3
    zipf_share: float = 0.3
    version: str = "1"

    def __post_init__(self) -> None:
        if not 8 <= self.dimension <= 384:
            raise UsageError(f"dimension must lie in [8, 384], got {self.dimension}", hint="--dimension 256")


def forward_vocabulary(model_dir: Path, *, batch: int = 1024) -> Floats:
    """(vocabulary, hidden): the transformer's mean-pooled vector of each token on its own."""
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
    return np.asarray(torch.cat(parts).numpy(), np.float32)


def token_probabilities(tokenizer: Any, texts: Sequence[str], zipf_share: float) -> npt.NDArray[np.float64]:
    """(vocabulary,): counts in `texts` mixed with 1 / rank (BERT's vocabulary is sorted by frequency)."""
    size = tokenizer.get_vocab_size()
    zipf = 1.0 / np.arange(1, size + 1)
    zipf /= zipf.sum()
    if not texts:
        return zipf
    encodings = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
    counts = np.bincount([token for e in encodings for token in e.ids], minlength=size).astype(np.float64)
    return zipf_share * zipf + (1 - zipf_share) * counts / counts.sum()


def reduce(vectors: Floats, dimension: int) -> Floats:
    """(n, dimension): centred and projected on the principal components, signs fixed."""
    centred = vectors.astype(np.float64) - vectors.mean(0)
    values, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, np.argsort(-values)[:dimension]]
    axes *= np.sign(axes[np.abs(axes).argmax(0), np.arange(axes.shape[1])])
    return np.asarray(centred @ axes, np.float32)


def quantise(vectors: Floats) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float16]]:
    """int8 rows and the float16 scale of each row."""
    scale = (np.abs(vectors).max(1) / 127).astype(np.float16)
    safe = np.where(scale > 0, scale.astype(np.float32), 1)[:, None]
    return np.clip(np.rint(vectors / safe), -127, 127).astype(np.int8), scale


def read_texts(paths: Sequence[Path]) -> list[str]:
    """The `text` values of JSON Lines files; UsageError if a file is absent."""
    texts: list[str] = []
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path} is absent", hint="--texts takes JSON Lines files with a `text` field")
        texts += [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()]
    return texts


def distill(
    model_dir: Path, out: Path, texts: Sequence[str] = (), *, config: DistillConfig = DistillConfig()
) -> None:
    """Writes tokenizer.json, vectors.safetensors and meta.json to `out`. ModelError if the model is not there."""
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer

    if not (model_dir / "tokenizer.json").exists():
        raise ModelError(f"{model_dir} holds no tokenizer.json", hint="--model FOLDER of all-MiniLM-L6-v2")
    out.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(str(model_dir / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    probability = token_probabilities(tokenizer, texts, config.zipf_share)
    weight = config.smoothing / (config.smoothing + probability)
    weight[[tokenizer.token_to_id(token) for token in _SPECIAL]] = 0
    vectors = reduce(forward_vocabulary(model_dir), config.dimension) * weight[:, None].astype(np.float32)
    rows, scale = quantise(vectors)
    tokenizer.save(str(out / "tokenizer.json"), pretty=False)
    save_file({"vectors": rows, "scale": scale}, str(out / "vectors.safetensors"))
    write_meta(out, config, model_dir)


def write_meta(out: Path, config: DistillConfig, model_dir: Path) -> None:
    """meta.json: name, version, sha256 of each file, source model, settings."""
    files = ("tokenizer.json", "vectors.safetensors")
    meta = {
        "name": "static-en",
        "version": config.version,
        "sha256": {file: hashlib.sha256((out / file).read_bytes()).hexdigest() for file in files},
        "licence": "Apache-2.0",
        "source_model": "sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0)",
        "source_sha256": hashlib.sha256((model_dir / "model.safetensors").read_bytes()).hexdigest(),
        "settings": asdict(config),
    }
    (out / "meta.json").write_text(json.dumps(meta, indent=2, sort_keys=True) + "\n", "utf-8")


def main(argv: Sequence[str] | None = None) -> None:
    """`python -m textinsight.learn.distill --model DIR --out models/static-en [--texts FILE …]`."""
    parser = argparse.ArgumentParser(prog="textinsight.learn.distill", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder of all-MiniLM-L6-v2")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--texts", type=Path, nargs="*", default=[], help="JSON Lines with `text`: frequencies"
    )
    parser.add_argument("--dimension", type=int, default=DistillConfig().dimension)
    args = parser.parse_args(argv)
    config = DistillConfig(dimension=args.dimension)
    distill(args.model, args.out, read_texts(args.texts), config=config)
    sys.stdout.write(f"{args.out}: written\n")


if __name__ == "__main__":
    main()
