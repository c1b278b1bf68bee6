"""The state of one conversation while it is written, and the moves that every channel shares."""

from __future__ import annotations

from random import Random

from textinsight.conversation import Role
from textinsight.synth.bank import Bank, Company, Lines
from textinsight.synth.facts import Facts
from textinsight.synth.plan import Customer, Plan, habit
from textinsight.synth.style import Style
from textinsight.synth.template import Template, render

MANNERS = ("warm", "formal", "brief")
ANNOYED, ANGRY, FURIOUS = 0.9, 1.7, 2.4  # moods from which on the wording changes


class Scene:
    """Who speaks about what; `turns` grows as they speak, `spare` drivers still wait to be said."""

    def __init__(self, bank: Bank, company: Company, who: Customer, plan: Plan, rng: Random) -> None:
        self.bank, self.who, self.plan, self.rng = bank, who, plan, rng
        self.company = company
        self.facts = Facts(bank, company, who, plan)
        self.words = self.facts.wording(company.reasons[plan.reason])
        self.turns: list[tuple[Role, str]] = []
        self.spare = list(plan.drivers)
        self.said: list[str] = []
        self._used: set[int] = set()
        self.customer_style: Style | None = None
        self.agent_style: Style | None = None

    @property
    def manner(self) -> str:
        """How the agent who speaks now talks, always the same for an agent."""
        return MANNERS[habit(self.who.company, self.facts.agents[-1], 3, len(MANNERS))]

    @property
    def temper(self) -> str:
        """calm, annoyed or angry."""
        return "angry" if self.plan.mood >= ANGRY else "annoyed" if self.plan.mood >= ANNOYED else "calm"

    def chance(self, share: float) -> bool:
        """True with this probability."""
        return self.rng.random() < share

    def line(self, lines: Lines) -> str:
        """One of the lines, not one already used in this conversation if there is another."""
        draw, size = self.rng.random, len(lines)
        first = int(draw() * size)
        template = lines[first]
        for step in range(1, size):
            if id(template) not in self._used:
                break
            template = lines[(first + step) % size]
        self._used.add(id(template))
        text = render(template, draw, self.facts)
        return text if "@" in text[:40] else text[:1].upper() + text[1:]

    def reply(self, question: str, answer: Template) -> str:
        """The customer's answer to the agent's question, the same whenever it is asked about the issue."""
        text = render(answer, self.facts.steady(question), self.facts)
        return text if "@" in text else text[:1].upper() + text[1:]

    def unsaid(self, lines: Lines) -> str:
        """One of the lines, or nothing if all were used in this conversation."""
        return "" if all(id(template) in self._used for template in lines) else self.line(lines)

    def phrase(self, *keys: str) -> str:
        """A common phrase, e.g. phrase("voice", "greeting", "warm")."""
        return self.line(self.bank.phrases[".".join(keys)])

    def customer(self, *texts: str) -> None:
        """The customer says the texts in one turn."""
        self._say(Role.CUSTOMER, self.customer_style, texts)

    def agent(self, *texts: str) -> None:
        """The agent says the texts in one turn."""
        self._say(Role.AGENT, self.agent_style, texts)

    def note(self, role: Role, text: str) -> None:
        """A machine's line, never styled."""
        self.turns.append((role, text))

    def _say(self, role: Role, style: Style | None, texts: tuple[str, ...]) -> None:
        text = " ".join(text for text in texts if text)
        if text:
            self.turns.append((role, style(text, self.rng) if style else text))

    def complaint(self, share: float) -> list[str]:
        """Sentences that name drivers not named yet, each with this probability."""
        now = [driver for driver in self.spare if self.chance(share)]
        self.spare = [driver for driver in self.spare if driver not in now]
        return [self.driver(name) for name in now]

    def driver(self, name: str) -> str:
        """A sentence that names the effort driver."""
        self.said.append(name)
        key = f"driver.{name}.{self.plan.channel}"
        if name == "repeat_contact" and self.plan.earlier_outcome and self.chance(0.45):
            key = f"driver.{name}.after_{self.plan.earlier_outcome}"
        return self.line(self.bank.phrases.get(key) or self.bank.phrases[f"driver.{name}.any"])

    def issue(self) -> list[str]:
        """What the customer wants, in sentences: the problem, maybe what brought it on, details and a request."""
        parts = [self.line(self.words.openings)]
        edge = self.plan.edge
        if edge and self.chance(0.45):
            parts.insert(0 if self.chance(0.5) else 1, self.line(edge.because))
        if self.chance(0.55):
            parts.append(self.line(self.words.details))
        if self.chance(0.45):
            parts.append(self.line(self.words.asks))
        return parts

    def feeling(self) -> str:
        """A sentence of feeling, or nothing when calm."""
        if self.temper == "calm":
            return ""
        if self.chance(0.12):
            return self.phrase("feeling", "sarcastic")
        return self.phrase("feeling", self.temper) if self.chance(0.7) else ""

    def threat(self) -> str:
        """A demand for a supervisor or a word of leaving, from the very cross."""
        if self.plan.mood < ANGRY or not self.chance(0.5 if self.plan.mood >= FURIOUS else 0.18):
            return ""
        kind = "escalation" if self.chance(0.5) else "churn"
        self.said.append(kind)
        return self.phrase("threat", kind)

    def verdict(self) -> str:
        """How the agent concludes."""
        lines: Lines = getattr(self.words, self.plan.outcome)
        return self.line(lines)

    def reaction(self) -> str:
        """What the customer makes of it."""
        return self.phrase("react", self.plan.outcome, "angry" if self.temper == "angry" else "calm")
