"""A spaCy pipeline that takes conversations as well as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from spacy.lang.en import English
from spacy.tokens import Doc

from textinsight.conversation import Conversation
from textinsight.doc import to_doc

COMPONENTS = (
    "textinsight_sentiment",
    "textinsight_effort",
    "textinsight_resolution",
    "textinsight_repeat",
    "textinsight_risk",
    "textinsight_issue",
)


class ConversationLanguage(English):  # type: ignore[misc]  # spaCy is untyped here
    """spaCy's English whose `nlp(…)` and `nlp.pipe(…)` also accept a Conversation in place of a text."""

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


def load() -> ConversationLanguage:
    """The default pipeline: tokenizer, sentences and every textinsight tagger; no download, no network."""
    nlp = ConversationLanguage()
    for name in COMPONENTS:
        nlp.add_pipe(name)
    return nlp
