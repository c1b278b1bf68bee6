"""Journeys planted over requests of people, spoken ones too: other requests, wording and effects than journeys_dev's.

    python benchmarks/twins.py --data ../shared/data --out FOLDER [--worlds spoken …]

Writes FOLDER/WORLD/{contacts.jsonl, truth_links.csv, truth_contacts.csv, truth_edges.csv}, as `journeys.py` reads them
with `--data FOLDER --journeys WORLD`. A customer's issues come at random; an issue that was not solved comes again in
other words; a planted edge A → B has customers come with B some days after they asked A. In worlds with habits they
favour issues of their own, which is no edge. The requests: natcs (spoken, CDLA-Permissive-2.0), multidogo
(CDLA-Permissive-1.0), clinc150's validation and test parts (CC BY 3.0).
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from twin_words import AGO, FILLERS, WORDINGS, Wording

_START = datetime(2025, 3, 3, 8, tzinfo=UTC)
_BANK = (
    "transactions freeze_account account_blocked report_fraud pin_change routing interest_rate min_payment new_card"
    " credit_limit credit_score rewards_balance redeem_rewards apr international_fees damaged_card report_lost_card"
    " card_declined expiration_date application_status replacement_card_duration improve_credit_score direct_deposit"
    " rollover_401k taxes w2 payday exchange_rate spending_history order_checks"
)
_TRAVEL = (
    "book_flight book_hotel car_rental carry_on flight_status international_visa lost_luggage travel_alert vaccines"
    " travel_notification plug_type timezone cancel_reservation confirm_reservation accept_reservations gas_type"
    " restaurant_reservation oil_change_when tire_change tire_pressure schedule_maintenance jump_start order_status"
    " pto_balance pto_request pto_request_status meeting_schedule insurance_change insurance"
)
_DESK = (
    "reportlostcard updateaddress checkbalance transfermoney disputecharge replacecard closeaccount getroutingnumber"
    " checkoffereligibility orderchecks getproofofinsurance checkclaimstatus reportbrokenphone bookflight"
    " changeseatassignment getboardingpass"
)


@dataclass(frozen=True, slots=True)
class Twin:
    """One world. sources: file → its intents that are taken, none named: all. issues: mean of a customer in `days`.

    unsolved: share of contacts after which the issue stays open. returns: of those, how many come again within weeks.
    edges, effects: planted edges and the chances to be drawn for them. stated, referenced: how many contacts again say
    so, or name a number. skew: of the issues' frequencies. stays: contacts on the customer's own channel.
    habits: how much customers favour issues of their own, 0 not at all. unknown: contacts without customer id.
    """

    seed: int
    wordings: tuple[str, ...]
    sources: dict[str, str]
    customers: int = 2500
    days: int = 120
    issues: float = 1.9
    unsolved: float = 0.2
    returns: float = 0.7
    edges: int = 10
    effects: tuple[float, ...] = (0.15, 0.25, 0.4)
    stated: float = 0.35
    referenced: float = 0.2
    skew: float = 0.7
    channels: dict[str, float] = field(default_factory=lambda: {"voice": 0.6, "chat": 0.25, "email": 0.15})
    stays: float = 0.5
    habits: float = 0.0
    unknown: float = 0.02
    fillers: float = 0.0


_NATCS, _CLINC = "natcs/insurance_test_utterances", "intents/clinc150"
WORLDS = {
    "spoken": Twin(1, ("branch",), {_NATCS: ""}, fillers=0.15),
    "spoken-thin": Twin(
        2, ("desk",), {_NATCS: ""}, customers=1500, effects=(0.1, 0.2, 0.3), unsolved=0.3, returns=0.5, fillers=0.3,
        habits=0.5, referenced=0.05,
    ),
    "spoken-bank": Twin(
        3, ("post", "branch"), {_NATCS: "", _CLINC: _BANK}, customers=3000, edges=12, stays=0.8, stated=0.2,
        issues=2.3,
    ),
    "travel": Twin(
        4, ("desk", "post"), {_CLINC: _TRAVEL}, customers=3000, effects=(0.1, 0.2, 0.35), habits=1.0, stays=0.3,
        channels={"voice": 0.2, "chat": 0.5, "email": 0.2, "social": 0.1},
    ),
    "typed": Twin(
        5, ("desk", "branch"),
        {f"intents/multidogo_{name}": _DESK for name in ("finance", "insurance", "airline")},
        customers=2200, edges=6, effects=(0.1, 0.15, 0.3), unsolved=0.25, skew=0.4,
    ),
    "spoken-finance": Twin(
        7, ("line",), {_CLINC: _BANK, "intents/multidogo_finance": _DESK}, customers=2400, edges=11, unsolved=0.22,
        effects=(0.12, 0.2, 0.35), stated=0.3, habits=0.4, stays=0.7, fillers=0.3,
    ),
    "spoken-quiet": Twin(6, ("branch", "desk"), {_NATCS: ""}, edges=0, habits=1.0, issues=2.5),
}  # fmt: skip


@dataclass(slots=True)
class _Contact:
    customer: int
    at: float
    intent: str
    solved: bool
    earlier: tuple[_Contact, str] | None
    channel: str
    reference: str | None = None
    name: str = ""


def requests(data: Path, sources: dict[str, str]) -> dict[str, list[str]]:
    """Intent → its texts; of clinc150 none that the shipped encoder was fitted on. Longer than two words each."""
    texts: dict[str, list[str]] = defaultdict(list)
    for source, wanted in sources.items():
        with (data / f"{source}.jsonl").open(encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                fits = not wanted or row["intent"] in wanted.split()
                if fits and row.get("split") != "train" * ("clinc" in source) and row["text"].count(" ") > 2:
                    texts[row["intent"]].append(row["text"].strip())
    return {intent: sorted(set(t)) for intent, t in sorted(texts.items()) if len(set(t)) >= 15}


class World:
    """One draw of a twin."""

    def __init__(self, twin: Twin, texts: dict[str, list[str]]) -> None:
        self.twin, self.texts, self.rng = twin, texts, np.random.default_rng(twin.seed)
        self.intents = self.rng.permutation(list(texts))
        weight = 1 / np.arange(1, len(self.intents) + 1) ** twin.skew
        self.share = weight / weight.sum()
        self.edges = self._edges()
        self.contacts = [c for customer in range(twin.customers) for c in self._customer(customer)]
        self.contacts.sort(key=lambda c: c.at)
        for number, contact in enumerate(self.contacts):
            contact.name = f"w{number:06}"

    def _edges(self) -> dict[str, list[tuple[str, float]]]:
        pairs = [(a, b) for a in self.intents for b in self.intents if a != b]
        chosen = self.rng.choice(len(pairs), self.twin.edges, replace=False)
        edges: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for n, at in enumerate(chosen):
            edges[pairs[at][0]].append((pairs[at][1], self.twin.effects[n % len(self.twin.effects)]))
        return edges

    def _customer(self, customer: int) -> Iterator[_Contact]:
        twin, rng = self.twin, self.rng
        own = self.share * rng.lognormal(0, twin.habits, len(self.share))
        home = str(rng.choice(list(twin.channels), p=list(twin.channels.values())))
        for _ in range(max(rng.poisson(twin.issues * rng.gamma(2, 0.5)), 1)):
            intent = str(rng.choice(self.intents, p=own / own.sum()))
            yield from self._issue(customer, home, rng.uniform(0, twin.days), intent, None, 0)

    def _issue(
        self, customer: int, home: str, at: float, intent: str, cause: tuple[_Contact, str] | None, depth: int
    ) -> Iterator[_Contact]:
        twin, rng = self.twin, self.rng
        told: list[_Contact] = []
        earlier = cause
        while at < twin.days:
            channel = home if rng.random() < twin.stays else str(rng.choice(list(twin.channels)))
            contact = _Contact(customer, at, intent, bool(rng.random() > twin.unsolved), earlier, channel)
            yield contact
            told.append(contact)
            if contact.solved or rng.random() > twin.returns:
                break
            earlier, at = (contact, "same_issue"), at + min(0.1 + rng.gamma(1.4, 2.4), 13.0)
        if depth or not told:
            return
        for brought, chance in self.edges.get(intent, ()):
            if rng.random() < chance:
                source = told[int(rng.integers(len(told)))]
                later = source.at + min(0.4 + rng.gamma(2.2, 2.3), 13.5)
                yield from self._issue(customer, home, later, brought, (source, "downstream"), depth + 1)

    def records(self) -> Iterator[dict[str, Any]]:
        """The contacts as `textinsight run` reads them."""
        for contact in self.contacts:
            wording = WORDINGS[str(self.rng.choice(self.twin.wordings))]
            record: dict[str, Any] = {
                "conversation_id": contact.name,
                "customer_id": f"k{contact.customer:05}" if self.rng.random() > self.twin.unknown else None,
                "channel": contact.channel,
                "started_at": (_START + timedelta(days=contact.at)).isoformat(),
                "duration_s": int(60 + self.rng.gamma(2, 200)),
                "agent_id": f"agent{self.rng.integers(40):02}",
                "turns": list(self._turns(contact, wording)),
            }
            yield record

    def _turns(self, contact: _Contact, words: Wording) -> Iterator[dict[str, str]]:
        rng = self.rng

        def any_of(options: Sequence[str]) -> str:
            return str(options[int(rng.integers(len(options)))])

        again = contact.earlier is not None and contact.earlier[1] == "same_issue"
        known = contact.reference = contact.earlier[0].reference if again and contact.earlier else None
        asked = [self._spoken(any_of(self.texts[contact.intent]))]
        if rng.random() < (self.twin.stated if again else 0.015):
            asked.insert(0, any_of(words.again).format(ago=any_of(AGO)))
        if again and known and rng.random() < self.twin.referenced:
            asked.append(any_of(words.named).format(ref=known))
        yield {"role": "agent", "text": any_of(words.greeting)}
        yield {"role": "customer", "text": " ".join(asked)}
        for _ in range(int(rng.integers(0, 4))):
            yield {"role": "agent", "text": any_of(words.holding)}
            yield {"role": "customer", "text": any_of(words.answer)}
        told = any_of(words.solved if contact.solved else words.unsolved)
        if rng.random() < 0.5:
            contact.reference = contact.reference or words.number.format(int(rng.integers(10**5, 10**6)))
            told += " " + any_of(words.reference).format(ref=contact.reference)
        yield {"role": "agent", "text": told}
        yield {"role": "customer", "text": any_of(words.content if contact.solved else words.cross)}

    def _spoken(self, text: str) -> str:
        """Fillers between the words, as a share of them."""
        words = text.split()
        at = np.flatnonzero(self.rng.random(len(words)) < self.twin.fillers / 3)
        for place in at[::-1].tolist():
            words.insert(place, str(self.rng.choice(FILLERS)))
        return " ".join(words)


def write(world: World, folder: Path) -> None:
    """The contacts and the truth. References are given out in order of time, so contacts are told first."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "contacts.jsonl").open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(record) + "\n" for record in world.records())
    links = [(c.name, c.earlier[0].name, c.earlier[1]) for c in world.contacts if c.earlier is not None]
    edges = [(a, b, chance) for a, brought in world.edges.items() for b, chance in brought]
    for name, header, rows in (
        ("truth_links", ("conversation_id", "earlier_id", "relation"), links),
        (
            "truth_contacts",
            ("conversation_id", "intent", "solved"),
            [(c.name, c.intent, +c.solved) for c in world.contacts],
        ),
        ("truth_edges", ("topic_a", "topic_b", "probability"), edges),
    ):
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows([header, *rows])


def main() -> None:
    """Writes the worlds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--worlds", nargs="*", default=list(WORLDS), choices=list(WORLDS))
    args = parser.parse_args()
    if not args.data.is_dir():
        sys.exit(f"no data at {args.data}: see --help for what is needed")
    for name in args.worlds:
        world = World(WORLDS[name], requests(args.data, WORLDS[name].sources))
        write(world, args.out / name)
        print(f"{name}: {len(world.contacts):,} contacts, {len(world.intents)} issues, {WORLDS[name].edges} edges")


if __name__ == "__main__":
    main()
