"""What stays the same through an issue (order number, amount, date) and what a customer is called; all invented."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from math import ceil
from zlib import crc32

from textinsight.synth.bank import Bank, Company, Reason, Wording
from textinsight.synth.config import DAY
from textinsight.synth.plan import Customer, Plan, habit
from textinsight.synth.seeds import mix
from textinsight.synth.template import Draw

# Published test numbers of the card schemes: valid check digit, never issued.
CARDS = (
    "4111111111111111",
    "4242424242424242",
    "4012888888881881",
    "4000056655665556",
    "5555555555554444",
    "5105105105105100",
    "5200828282828210",
    "2223003122003222",
    "6011111111111117",
    "6011000990139424",
    "378282246310005",
    "371449635398431",
)
PERSONAL = ("email", "phone", "card", "account")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
_COUNTS = ("once", "twice", "three times", "four times", "five times", "six times")
_DID = {"voice": "called", "chat": "chatted with you", "email": "emailed", "social": "messaged you on here"}
_NOUN = {"voice": "phone call", "chat": "chat", "email": "email", "social": "message on here"}


class Facts:
    """Answers a template's slots; a fact asked twice in an issue is the same both times.

    `personal` counts the mentions of e-mail addresses, phone, card and account numbers.
    """

    def __init__(self, bank: Bank, company: Company, who: Customer, plan: Plan) -> None:
        self.company, self.who, self.plan = company, who, plan
        self._fill = (company.fill, bank.fill)
        self._issue = mix(who.seed, 1000 + plan.root) & 0xFFFFFFFF
        self._thread = mix(who.seed, 1000 + plan.thread) & 0xFFFFFFFF
        self._contact = mix(who.seed, 2000 + plan.ordinal) & 0xFFFFFFFF
        self._person = who.seed & 0xFFFFFFFF
        self.agents = [plan.agent]
        self.personal: Counter[str] = Counter()

    def __call__(self, name: str) -> str:
        """The fact's text; KeyError for a name that no bank and no table knows."""
        personal = _PERSONAL.get(name)
        if personal:
            self.personal[name.partition("_")[0]] += not name.endswith("_rest")
            return personal(self)
        special = _SPECIAL.get(name)
        if special:
            return special(self)
        values = self._fill[0].get(name) or self._fill[1][name]
        return values[crc32(name.encode(), self._issue) % len(values)]

    def number(self, name: str, low: int, high: int) -> int:
        """A number of the issue in [low, high)."""
        return low + crc32(name.encode(), self._issue) % (high - low)

    def now(self, name: str, size: int) -> int:
        """An index of this contact in [0, size)."""
        return crc32(name.encode(), self._contact) % size

    def person(self, name: str) -> str:
        """A value of the common fillers that belongs to the customer for good."""
        values = self._fill[1][name]
        return values[crc32(name.encode(), self._person) % len(values)]

    def wording(self, reason: Reason) -> Wording:
        """How this issue is talked about, the same at every contact."""
        wordings = reason.repeats if self.plan.attempt else reason.wordings
        return wordings[crc32(b"facet", self._thread) % len(wordings)]

    def steady(self, key: str) -> Draw:
        """Draws that depend on the issue and the key alone: the same question gets the same answer again."""
        state = crc32(key.encode(), self._thread)

        def draw() -> float:
            nonlocal state
            state = crc32(b"next", state)
            return state / 2**32

        return draw

    def agent(self) -> str:
        """First name of the agent who speaks."""
        values = self._fill[1]["agent_name"]
        return values[habit(self.who.company, self.agents[-1], 5, len(values))]

    def card(self) -> str:
        """The customer's card number in groups."""
        number = CARDS[self._person % len(CARDS)]
        if len(number) == 15:
            return f"{number[:4]} {number[4:10]} {number[10:]}"
        return " ".join(number[i : i + 4] for i in range(0, 16, 4))

    def email(self) -> str:
        """The customer's e-mail address at a reserved domain."""
        first, last = self.person("first_name").lower(), self.person("last_name").lower()
        form = (f"{first}.{last}", f"{first}{last}", f"{first[0]}{last}{self._person % 90 + 10}", f"{last}_{first}")
        domain = ("example.com", "example.org", "example.net")[self._person // 7 % 3]
        return f"{form[self._person // 3 % 4]}@{domain}"

    def phone(self) -> str:
        """The customer's number in the range kept free for fiction."""
        area, line = ("212", "312", "415", "617", "206", "303", "512", "718")[self._person % 8], self._person % 100
        form = ("{0}-555-01{1:02}", "({0}) 555-01{1:02}", "{0} 555 01{1:02}", "+1 {0} 555 01{1:02}")
        return form[self._person // 11 % 4].format(area, line)

    def account(self) -> str:
        """The customer's account number: 10 digits."""
        return f"{1_000_000_000 + self._person * 2 % 8_999_999_999}"

    def money(self, cents: int) -> str:
        """$12.50, or $12 when even."""
        return f"${cents // 100}.{cents % 100:02}" if cents % 100 else f"${cents // 100}"

    def day(self, days: float, *, since: float | None = None) -> str:
        """A date, `days` after the issue was opened (or after `since`)."""
        time = datetime.fromtimestamp((self.plan.opened if since is None else since) + days * DAY, UTC)
        return f"{time:%B} {_nth(time.day)}"


def _nth(day: int) -> str:
    ending = "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def _normal(facts: Facts) -> int:
    return 100 * facts.number("normal", 24, 89) + (0, 50, 99, 90)[facts.number("cents", 0, 4)]


def _extra(facts: Facts) -> int:
    return 100 * facts.number("extra", 7, 64) + (0, 0, 50)[facts.number("extra_cents", 0, 3)]


def _since(facts: Facts) -> str:
    """How long the problem has lasted, true to the issue's age."""
    age = (facts.plan.start - facts.plan.opened) / DAY + facts.number("onset", 0, 3)
    if age < 1:
        return ("since this morning", "since about an hour ago", "all day")[facts.now("since", 3)]
    if age < 2:
        return ("since yesterday", "since last night", "since yesterday afternoon")[facts.now("since", 3)]
    if age < 7:
        return (f"for {ceil(age)} days now", f"for about {ceil(age)} days")[facts.now("since", 2)]
    if age < 11:
        return ("for over a week", "for more than a week now")[facts.now("since", 2)]
    return ("for about two weeks", "for nearly two weeks now", "for weeks")[facts.now("since", 3)]


def _ago(facts: Facts) -> str:
    """When the earlier contact was."""
    days = round((facts.plan.start - (facts.plan.earlier_start or facts.plan.start)) / DAY)
    if days <= 0:
        return "earlier today"
    if days == 1:
        return "yesterday"
    if days >= 7:
        return ("last week", "over a week ago")[facts.now("ago", 2)]
    return f"{days} days ago"


def _wait(facts: Facts) -> str:
    wait = facts.plan.wait
    if facts.plan.channel in ("voice", "chat"):
        return f"{wait} minutes"
    return "a day" if wait == 1 else f"{wait} days"


def _tenure(facts: Facts) -> str:
    months = int((facts.plan.start - facts.who.joined) / DAY / 30.44)
    if months < 2:
        return "a few weeks"
    if months < 24:
        return f"{months} months" if months != 12 else "a year"
    return f"{months // 12} years"


def _said(table: dict[str, str]) -> Callable[[Facts], str]:
    return lambda facts: table[facts.plan.earlier_channel or facts.plan.channel]


_SPECIAL: dict[str, Callable[[Facts], str]] = {
    "company": lambda f: f.company.name,
    "handle": lambda f: f.company.handle,
    "home": lambda f: f.person("city"),
    "street": lambda f: f.person("street"),
    "customer": lambda f: f.person("first_name"),
    "surname": lambda f: f.person("last_name"),
    "full_name": lambda f: f"{f.person('first_name')} {f.person('last_name')}",
    "agent": Facts.agent,
    "normal": lambda f: f.money(_normal(f)),
    "amount": lambda f: f.money(_normal(f) + _extra(f)),
    "difference": lambda f: f.money(_extra(f)),
    "double": lambda f: f.money(2 * _normal(f)),
    "big_amount": lambda f: f"${f.number('big', 18, 260) * 10}",
    "fee": lambda f: f"${f.number('fee', 4, 39)}",
    "loan": lambda f: f"${f.number('loan', 6, 42) * 500}",
    "points": lambda f: f"{f.number('points', 12, 95) * 100}",
    "speed": lambda f: f"{(100, 250, 300, 500)[f.number('speed', 0, 4)]}",
    "slow": lambda f: f"{f.number('slow', 2, 14)}",
    "percent": lambda f: f"{(10, 15, 20, 25)[f.number('percent', 0, 4)]}%",
    "last4": lambda f: f.card().replace(" ", "")[-4:],
    "order": lambda f: f"{f.company.code[0].upper()}{f.company.code[1].upper()}{f.number('order', 100000, 999999)}",
    "ref": lambda f: f"{f.company.code[:2].upper()}-{f.number('ref', 10000, 99999)}",
    "flight": lambda f: f"AU {f.number('flight', 102, 989)}",
    "booking": lambda f: "".join("BCDFGHJKLMNPQRSTVWXZ"[f.number(f"booking{i}", 0, 20)] for i in range(6)),
    "date": lambda f: f.day(-f.number("date", 2, 9)),
    "earlier_date": lambda f: f.day(-f.number("earlier", 12, 24)),
    "future_date": lambda f: f.day(f.number("future", 12, 40)),
    "deadline": lambda f: f.day(2 + f.now("deadline", 4), since=f.plan.start + f.plan.duration),
    "hour": lambda f: f"{f.number('hour', 7, 20)}:{(0, 15, 30, 45)[f.number('minute', 0, 4)]:02}",
    "days": lambda f: f"{2 + f.now('days', 4)}",
    "minutes": lambda f: f"{2 + f.now('minutes', 4)}",
    "tenure": _tenure,
    "since": _since,
    "ago": _ago,
    "wait": _wait,
    "nth": lambda f: _ORDINALS[min(f.plan.attempt, 5)],
    "times": lambda f: _COUNTS[min(max(f.plan.attempt - 1, 0), 5)],
    "did": _said(_DID),
    "earlier_channel": _said(_NOUN),
    "daytime": lambda f: ("morning", "afternoon", "evening")[min(2, max(0, int((f.plan.start % DAY / 3600 - 6) // 6)))],
}

_PERSONAL: dict[str, Callable[[Facts], str]] = {
    "email": Facts.email,
    "phone": Facts.phone,
    "card": Facts.card,
    "card_start": lambda f: f.card()[:9],
    "card_rest": lambda f: f.card()[10:],
    "account": Facts.account,
    "account_start": lambda f: f.account()[:5],
    "account_rest": lambda f: f.account()[5:],
}
