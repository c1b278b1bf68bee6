"""E-mails and social media: few turns, hours apart."""

from __future__ import annotations

from textinsight.synth.scene import Scene
from textinsight.synth.style import typed


def email(scene: Scene) -> None:
    """One long letter, the answer, and sometimes a reply to it."""
    angry = "angry" if scene.temper == "angry" else "calm"
    scene.customer_style = typed(scene.who.typing * 0.4)
    complaint = [*scene.complaint(1.0)]
    issue = scene.issue()
    issue += [scene.unsaid(scene.words.details) for _ in range(4 - len(issue))]
    body = [*issue[:1], *complaint, *issue[1:]] if scene.chance(0.5) else [*complaint, *issue]
    if scene.chance(0.45):
        body.insert(0, scene.phrase("email", "lead", angry))
    if scene.chance(0.55):
        body.append(scene.phrase("email", "tail", angry))
    scene.customer(
        f"Subject: {scene.line(scene.words.subjects)}\n\n{scene.phrase('email', 'greeting', angry)}\n\n"
        + " ".join(text for text in (*body, scene.feeling(), scene.threat()) if text)
        + f"\n\n{scene.phrase('email', 'sign', angry)}\n{_signature(scene)}"
    )
    _answer(scene, scene.verdict())
    if scene.chance(0.5):
        scene.customer(scene.reaction())
        if scene.chance(0.4):
            scene.agent(scene.phrase("email", "last", scene.manner))


def _signature(scene: Scene) -> str:
    """The name, often with a number or an address to be masked."""
    name = scene.facts("full_name")
    if scene.chance(0.45):
        return name
    kinds = (*scene.company.verify, "phone", "email")
    kind = kinds[int(scene.rng.random() * len(kinds))]
    label = {"account": "Account number: ", "card": "Card: ", "phone": "Tel. ", "email": ""}[kind]
    return f"{name}\n{label}{scene.facts(kind)}"


def _answer(scene: Scene, verdict: str) -> None:
    worked = f"{scene.phrase('email', 'worked', scene.manner)} " if scene.chance(0.5) else ""
    upset = "calm" if scene.temper == "calm" else "upset"
    scene.agent(
        f"{scene.phrase('email', 'dear', scene.manner)}\n\n{scene.phrase('email', 'received', upset, scene.manner)} "
        f"{worked}{verdict} {scene.phrase('email', 'offer', scene.manner)}\n\n"
        f"{scene.phrase('email', 'signoff', scene.manner)}\n{scene.facts.agent()}\n{scene.company.name} Customer Care"
    )


def social(scene: Scene) -> None:
    """A short public post, then direct messages."""
    scene.customer_style = typed(min(1.0, scene.who.typing + 0.15))
    complaint = scene.complaint(1.0)
    opening = scene.line(scene.words.openings)
    tail = scene.feeling() or (scene.line(scene.words.asks) if scene.chance(0.4) else "")
    post = [opening, *complaint] if scene.chance(0.5) else [*complaint, opening]
    tail = " ".join(text for text in (tail, scene.threat()) if text)
    handle = scene.company.handle
    scene.customer(handle, *post, tail) if scene.chance(0.75) else scene.customer(*post, tail, handle)
    scene.agent(scene.phrase("social", "direct", scene.manner))
    if scene.chance(0.93):
        scene.customer(scene.phrase("social", "details"))
        scene.agent(scene.verdict())
        _end(scene)
        return
    scene.agent(scene.verdict())


def _end(scene: Scene) -> None:
    if scene.chance(0.75):
        scene.customer(scene.reaction())
    if scene.chance(0.35):
        scene.agent(scene.phrase("social", "bye", scene.manner))
