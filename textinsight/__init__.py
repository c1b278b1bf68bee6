"""textinsight: tag conversations, link repeat issues, measure what they bring on.

The façade is lazy: importing it loads neither spaCy, pyarrow nor any model.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from textinsight.conversation import Conversation, Role, Survey, Turn
from textinsight.errors import TextinsightError

if TYPE_CHECKING:
    from textinsight.pipeline import RunReport, build_archive, load
    from textinsight.store import Archive

__version__ = "0.1.0"

_LAZY = {
    "Archive": "textinsight.store",
    "RunReport": "textinsight.pipeline",
    "build_archive": "textinsight.pipeline",
    "load": "textinsight.pipeline",
}

__all__ = [
    "Archive",
    "Conversation",
    "Role",
    "RunReport",
    "Survey",
    "TextinsightError",
    "Turn",
    "__version__",
    "build_archive",
    "load",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'textinsight' has no attribute {name!r}; it offers {', '.join(__all__)}")


def __dir__() -> list[str]:
    return __all__
