"""How a shipped transformer is opened: its meta.json, its tokenizer, and an ONNX session of one thread."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from textinsight.errors import ModelError


def open_model(folder: Path, what: str, *, hint: str) -> tuple[dict[str, Any], Any, Any]:
    """(meta, tokenizer without padding and truncation, session); ModelError "`what` in `folder` cannot be loaded"."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import onnxruntime
    from tokenizers import Tokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        meta = json.loads((folder / "meta.json").read_text("utf-8"))
        tokenizer = Tokenizer.from_buffer((folder / "tokenizer.json").read_bytes())
        session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the engines raise bare exceptions of their own
        raise ModelError(f"{what} in {folder} cannot be loaded: {error}", hint=hint) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return meta, tokenizer, session
