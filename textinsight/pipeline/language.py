"""A spaCy pipeline that takes conversations as well as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import spacy
from spacy.lang.en import English
from spacy.tokens import Doc

from textinsight.conversation import Conversation
from textinsight.doc import to_doc
from textinsight.tag import ReadConfig

COMPONENTS = (
    "textinsight_sentiment",
    "textinsight_effort",
    "textinsight_resolution",
    "textinsight_repeat",
    "textinsight_risk",
    "textinsight_issue",
)


@spacy.registry.languages("textinsight_en")
class ConversationLanguage(English):  # type: ignore[misc]  # spaCy is untyped here
    """spaCy's English whose `nlp(…)` and `nlp.pipe(…)` also accept a Conversation in place of a text.

    A language of its own, so that `spacy.load` gives it back from what `nlp.to_disk` wrote.
    """

    lang = "textinsight_en"

    def __call__(self, text: str | Doc | Conversation, **options: Any) -> Doc:
        """The analysed Doc; its findings lie in `doc._.ti_*`."""
        return super().__call__(self._as_doc(text), **options)

    def pipe(self, texts: Iterable[Any], *, as_tuples: bool = False, **options: Any) -> Iterator[Any]:
        """As in spaCy, over conversations, texts or Docs."""
        if as_tuples:
            pairs = ((self._as_doc(text), context) for text, context in texts)
            yield from super().pipe(pairs, as_tuples=True, **options)
        else:
            yield from super().pipe((self._as_doc(text) for text in texts), **options)

    def _as_doc(self, text: Any) -> Any:
        return to_doc(text, self) if isinstance(text, Conversation) else text


def load(*, doubt: float = ReadConfig().doubt, taggers: Mapping[str, str] | None = None) -> ConversationLanguage:
    """The default pipeline: tokenizer and every textinsight tagger. doubt, taggers: see `ReadConfig`; UsageError."""
    reading = ReadConfig(doubt=doubt, taggers=dict(taggers or {}))
    nlp = ConversationLanguage()
    for name in COMPONENTS:
        nlp.add_pipe(name, config=asdict(reading))
    return nlp
