"""Whether a customer says that the issue came of an earlier contact: "since you changed my plan", "after we spoke"."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_WHO = r"(you|you guys|your (colleague|agent|team|people)|we|they|someone there)"
_DID = (
    r"(changed|switched|moved|upgraded|cancell?ed|closed|opened|updated|fixed|replaced|sent|set up|added|removed|reset"
    r"|blocked|unblocked|activated|told|spoke|talked|refunded|issued|did)"
)
_STATED = (
    rf"(?i)\b(since|after|because|now that|when|once) {_WHO} (have |had |'ve |just )?{_DID}\b"
    r"|\b(since|after|because of|due to|following) (the|that|this|my|our|your) (last |recent |latest )?"
    r"(call|chat|phone call|conversation|contact|message|change|switch|upgrade|update you|cancellation|refund|reset)\b"
)


def cause_stated(contacts: pa.Table) -> npt.NDArray[np.int8]:
    """(n,) 0 where there is no issue text, 1 no cause is stated, 2 one is."""
    if "issue_text" not in contacts.column_names:
        return np.zeros(contacts.num_rows, np.int8)
    text = contacts["issue_text"].cast(pa.string())
    level = pc.if_else(pc.match_substring_regex(text, _STATED), 2, 1)
    values: npt.NDArray[np.int8] = pc.fill_null(level, 0).to_numpy().astype(np.int8)
    return values
