"""A hook for names: a function of the user's, a language model behind it maybe, that names topics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from importlib import import_module

from textinsight.errors import UsageError
from textinsight.topics.model import Topic, TopicModel, as_name

Namer = Callable[[Topic], str | None]
_LONGEST = 60
_HINT = "def name(topic): return topic.terms[0].title()   # and --namer mymodule:name"


def load_namer(spec: str) -> Namer:
    """The function at "module:function"; UsageError if there is none."""
    module, _, name = spec.partition(":")
    if not (module and name):
        raise UsageError(f"--namer {spec!r} is not module:function", hint=_HINT)
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"namer {spec!r} cannot be loaded: {error}", hint=_HINT) from error
    if not callable(found):
        raise UsageError(f"namer {spec!r} is no function", hint=_HINT)
    namer: Namer = found
    return namer


def renamed(
    model: TopicModel, namer: Namer, *, only: Iterable[str] | None = None, given: Mapping[str, str] | None = None
) -> TopicModel:
    """`model` with the names that `namer` gives to discovered topics and themes, all or those of the ids in `only`.

    It sees a `Topic`: label, terms, examples (personal data masked), n. A topic keeps our name where the namer returns
    None, nothing, more than 60 characters, what can be no name (see `as_name`), or a name that is taken. given:
    topic_id → name that an analyst gave, which is taken too and not asked for. UsageError if the namer fails.
    """
    given = given or {}
    wanted = None if only is None else set(only)
    taken = {label.casefold() for label in (*(topic.label for topic in model.topics), *given.values())}
    topics = []
    for topic in model.topics:
        asked = (
            topic.source == "discovered"
            and topic.topic_id not in given
            and (wanted is None or topic.topic_id in wanted)
        )
        name = _name(namer, topic) if asked else None
        if name and len(name) <= _LONGEST and name.casefold() not in taken:
            taken.add(name.casefold())
            topics.append(replace(topic, label=name))
        else:
            topics.append(topic)
    return replace(model, topics=tuple(topics))


def _name(namer: Namer, topic: Topic) -> str:
    try:
        said = namer(topic)
    except Exception as error:
        raise UsageError(f"the namer failed at topic {topic.topic_id}: {type(error).__name__}", hint=_HINT) from error
    try:
        return as_name(said) if isinstance(said, str) else ""
    except ValueError:
        return ""
