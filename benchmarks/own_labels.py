"""What labels of one's own bring: the taggers taught with 583 real conversations, measured on 280 others and 93 more.

    python benchmarks/own_labels.py --data DATA --out FOLDER [--steps 400]

The 583 are those of corpora/labels/borders.jsonl, whose licence lets nobody ship what is trained on them: FOLDER is for
looking at. Needs the extras [torch,train]; half an hour on one core.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

from textinsight.learn.borders import border_talks
from textinsight.learn.card import as_markdown
from textinsight.learn.evaluate import card_of, read_labelled

_AFTER = "after"  # argument of the process that measures with the taught models


def teach(data: Path, out: Path, steps: int) -> None:
    """Write the conversations as a file of labels and train on it."""
    from textinsight.learn.finetune import finetune

    out.mkdir(parents=True, exist_ok=True)
    file = out / "own.jsonl"
    with file.open("w", encoding="utf-8") as lines:
        for row in border_talks(data):
            turns = [{"role": turn.role.value, "text": turn.text} for turn in row.conversation.turns]
            name = row.conversation.conversation_id
            lines.write(json.dumps({"conversation_id": name, "turns": turns, "gold": row.gold}) + "\n")
    finetune(file, out, steps=steps)


def cards(data: Path) -> None:
    """The card of both sets."""
    for name, rows in (
        ("280 conversations", border_talks(data, name="measured")),
        ("93 conversations", read_labelled(data / "support_gold_dev.jsonl")),
    ):
        print(f"\n{name}\n")
        print(as_markdown(card_of(rows)))


def main() -> None:
    """Measure, teach, measure again: the taught models take another process, as models are loaded once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("when", nargs="?", choices=[_AFTER], help=argparse.SUPPRESS)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    if options.when is None:
        cards(options.data)
        teach(options.data, options.out, options.steps)
        print("\ntaught")
        again = [sys.executable, __file__, "--data", options.data, "--out", options.out, _AFTER]
        subprocess.run(again, check=True, env={**os.environ, "TEXTINSIGHT_MODEL_DIR": str(options.out)})
        return
    cards(options.data)


if __name__ == "__main__":
    main()
