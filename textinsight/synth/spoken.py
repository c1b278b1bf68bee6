"""Calls and chats: turn by turn, from the greeting to the goodbye."""

from __future__ import annotations

from textinsight.conversation import Role
from textinsight.synth.scene import Scene
from textinsight.synth.style import bursts, transcribed, typed
from textinsight.synth.template import Template


def call(scene: Scene) -> None:
    """A call as a speech recogniser writes it down."""
    if scene.chance(0.12):  # a recogniser that sets marks and capitals
        scene.customer_style = scene.agent_style = None
    else:
        _transcribe(scene)
    _greet(scene)
    scene.customer(scene.phrase("voice", "hello") if scene.chance(0.6) else "", *_opening(scene))
    _converse(scene)


def _transcribe(scene: Scene) -> None:
    in_words = scene.chance(0.7)
    halting = (0.0, 0.03, 0.05, 0.08)[int(scene.rng.random() * 4)]
    scene.customer_style = transcribed(in_words=in_words, halting=halting)
    scene.agent_style = transcribed(in_words=in_words, halting=0.015 if scene.chance(0.4) else 0.0)


def chat(scene: Scene) -> None:
    """A chat: typed in bursts, sometimes after a bot."""
    scene.customer_style = typed(scene.who.typing)
    scene.agent_style = None
    if "self_service_failed" in scene.plan.drivers or scene.chance(0.2):
        _bot(scene)
    _greet(scene)
    text = " ".join(
        part for part in (scene.phrase("chat", "hello") if scene.chance(0.55) else "", *_opening(scene)) if part
    )
    for burst in bursts(text, scene.rng):
        scene.customer(burst)
    _converse(scene)


def _greet(scene: Scene) -> None:
    channel = scene.plan.channel
    key = "after_transfer" if scene.plan.leg == 2 else "greeting"
    scene.agent(scene.phrase(channel, key, scene.manner))


def _bot(scene: Scene) -> None:
    scene.note(Role.BOT, scene.phrase("bot", "hello"))
    scene.customer(scene.line(scene.words.subjects))
    scene.note(Role.BOT, scene.phrase("bot", "lost"))
    scene.customer(scene.phrase("bot", "human"))
    scene.note(Role.SYSTEM, f"{scene.facts.agent()} has joined the chat.")


def _opening(scene: Scene) -> list[str]:
    """Sentences of the first long turn; complaints come before or after the issue."""
    if scene.plan.leg == 2:
        return [*scene.complaint(0.9), *scene.issue()[:2], scene.feeling()]
    early = [name for name in scene.spare if name in ("transfer", "repeat_information") and scene.plan.handover]
    scene.spare = [name for name in scene.spare if name not in early]
    complaint = scene.complaint(0.65)
    scene.spare += early
    issue, feeling = scene.issue(), scene.feeling() if scene.chance(0.6) else ""
    if scene.chance(0.7):
        return [*complaint, *issue, feeling]
    return [feeling, *issue[:1], *complaint, *issue[1:]]


def _converse(scene: Scene) -> None:
    """From the first answer to the end."""
    early = scene.plan.leg == 1
    scene.agent(scene.phrase("empathy", scene.temper if scene.temper == "calm" else "upset", scene.manner))
    if scene.plan.leg == 2:
        scene.turns.pop()
    elif scene.chance(0.72):
        _verify(scene)
    checks = list(scene.words.checks)
    scene.rng.shuffle(checks)
    _check(scene, checks)
    if early:
        _leave(scene)
        return
    if scene.plan.handover:
        _hand_over(scene)
    if scene.chance(0.45):
        _check(scene, checks)
    if scene.chance(0.3 if scene.plan.channel == "voice" else 0.18):
        _hold(scene)
    elif scene.chance(0.22):
        _wait(scene)
    _vent(scene)
    _conclude(scene)


def _verify(scene: Scene) -> None:
    """The agent asks who the customer is; card and account numbers sometimes come in two halves."""
    kinds = scene.company.verify
    kind = kinds[int(scene.rng.random() * len(kinds))]
    scene.agent(scene.phrase("verify", "ask", kind))
    halves = scene.bank.phrases.get(f"verify.halves.{kind}")
    if halves and scene.chance(0.3):
        start, middle, rest = halves[:3]
        scene.customer(scene.line((start,)))
        scene.agent(scene.line((middle,)))
        scene.customer(scene.line((rest,)))
    else:
        scene.customer(scene.phrase("verify", "give", kind))
    if scene.chance(0.55):
        scene.agent(scene.phrase("verify", "thanks", scene.manner))


def _check(scene: Scene, checks: list[tuple[Template, Template]]) -> None:
    if not checks:
        return
    question, answer = checks.pop()
    asked = scene.line((question,))
    scene.agent(scene.phrase("aside", "ack") if scene.chance(0.2) else "", asked)
    if scene.chance(0.07):
        scene.customer(scene.phrase("aside", "again" if scene.plan.channel == "voice" else "unclear"))
        scene.agent(asked)
    scene.customer(scene.reply(asked, answer))


def _hold(scene: Scene) -> None:
    channel = scene.plan.channel
    scene.agent(scene.phrase(channel, "hold", scene.manner))
    scene.customer(scene.phrase("holding", "angry" if scene.temper == "angry" else "calm"))
    scene.agent(scene.phrase(channel, "held", scene.manner))


def _wait(scene: Scene) -> None:
    """Small talk while the agent looks something up, or a customer who wonders whether anyone is there."""
    if scene.chance(0.6):
        scene.agent(scene.phrase("aside", "busy"))
        scene.customer(scene.phrase("aside", "busy_reply"))
        return
    scene.customer(scene.phrase("aside", "idle"))
    scene.agent(scene.phrase("aside", "idle_reply"))


def _leave(scene: Scene) -> None:
    """End of a first leg: the other department takes over."""
    scene.agent(scene.phrase("transfer", scene.manner))
    if scene.temper == "angry":
        scene.said.append("transfer")
    scene.customer(scene.phrase("transferred", "angry" if scene.temper == "angry" else "calm"))


def _hand_over(scene: Scene) -> None:
    """Another agent takes over within the contact and asks again."""
    _leave(scene)
    scene.facts.agents.append((scene.plan.agent + 1) % 8)
    scene.note(
        Role.SYSTEM, f"{scene.facts.agent()} has joined the {'call' if scene.plan.channel == 'voice' else 'chat'}."
    )
    scene.agent(scene.phrase(scene.plan.channel, "after_transfer", scene.manner))
    scene.customer(*scene.complaint(0.8), scene.line(scene.words.openings))


def _vent(scene: Scene) -> None:
    """Whatever still has to be said, and threats."""
    rest, threat = scene.complaint(1.0), scene.threat()
    if rest or threat:
        scene.customer(*rest, threat)
        scene.agent(scene.phrase("soothe", scene.manner))


def _conclude(scene: Scene) -> None:
    scene.agent(scene.verdict())
    scene.customer(scene.reaction())
    if scene.plan.outcome in ("fixed", "promised") and scene.chance(0.18):
        scene.customer(scene.phrase("aside", "recap"))
        scene.agent(scene.phrase("aside", "recap_reply"))
    if scene.chance(0.7):
        scene.agent(scene.phrase("more", scene.manner))
        angry = scene.plan.outcome in ("failed", "moved") and scene.temper != "calm"
        scene.customer(scene.phrase("nomore", "cold" if angry else "warm"))
    scene.agent(scene.phrase(scene.plan.channel, "bye", scene.manner))
