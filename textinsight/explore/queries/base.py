"""How a page's queries are run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd


class Rows(Protocol):
    """Runs SQL with bound values over one state of the archive; the rows as a pandas frame."""

    def __call__(self, sql: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
        """The rows of `sql`."""
        ...
