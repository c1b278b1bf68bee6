"""TwACS airline dialogues (CSV with `<cust__ … __cust>` and `<rep__ … __rep>` marks) → JSON Lines in our input form.

python benchmarks/unpack_twacs.py twacs_airlines_raw.csv.bz2 > dialogues.jsonl

For volume tests: the dialogues are CC BY-NC-SA, so no weights fitted on them may ship.
"""

from __future__ import annotations

import bz2
import csv
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

ROLES = {"cust": "customer", "rep": "agent"}
MARK = re.compile(r"<(cust|rep)__\s(.*?)\s?__\1>", re.S)


def turns(marked: str) -> list[dict[str, str]]:
    """[{role, text}] of a marked dialogue; "__company__" and "__cust__" stand for handles and are dropped."""
    return [
        {"role": ROLES[who], "text": " ".join(re.sub(r"__(?:company|cust)__", " ", said).split())}
        for who, said in MARK.findall(marked)
    ]


def conversations(path: Path) -> Iterator[dict[str, object]]:
    """One dict a dialogue, in the file's order; a first tweet that opens several dialogues gets numbered ids."""
    seen: Counter[str] = Counter()
    with ExitStack() as stack:
        opened = bz2.open if path.suffix == ".bz2" else open
        lines = stack.enter_context(opened(path, "rt", encoding="utf-8", newline=""))
        for row in csv.DictReader(lines):
            said = turns(f"{row['first_utterance']} {row['context']}")
            first = row["first_tweet_id"]
            seen[first] += 1
            number = f"-{seen[first]}" if seen[first] > 1 else ""
            yield {"conversation_id": f"twacs{first}{number}", "channel": "social", "turns": said}


def main(arguments: list[str]) -> int:
    """Write to standard output; 2 if the file is not given or not there."""
    if len(arguments) != 1 or not Path(arguments[0]).is_file():
        print("usage: python benchmarks/unpack_twacs.py twacs_airlines_raw.csv.bz2 > dialogues.jsonl", file=sys.stderr)
        return 2
    count = 0
    for conversation in conversations(Path(arguments[0])):
        print(json.dumps(conversation, ensure_ascii=False))
        count += 1
    print(f"{count} dialogues", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
