"""Topics that are splinters of one issue: contacts of one thread keep falling into both.

Threads are closed over texts, times and what the customer says of earlier contacts, so they tell of a split that the
topics' own texts do not. Only contacts of one customer meet in a thread, so no edge can make two topics kindred.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textinsight.link.frame import Codes, Ints

Reals = npt.NDArray[np.float64]

_LEAST_SHARE = 0.1  # of what two topics' contacts share threads with, on average over the groups that join
_DOUBT = 3.0  # contacts added to every topic, so that one shared thread does not make two rare topics kindred
_MOST_TOPICS = 3000  # pairs of topics are held in memory


def kin_of(topic: Codes, opener: Ints, n_topics: int) -> Ints:
    """(n_topics,) group of each topic, numbered from 0; topics of one group share threads far more than others.

    topic: (n,) of each contact, -1 unclear. opener: (n,) of each contact's thread. Average linkage.
    """
    if not 2 < n_topics <= _MOST_TOPICS:
        return np.arange(n_topics)
    from scipy.cluster.hierarchy import fcluster, linkage

    met = _met(topic, opener, n_topics)
    total = met.sum(axis=1)
    share = met / (np.sqrt(np.outer(total, total)) + _DOUBT)
    apart = 1 - np.minimum(share, 1)[np.triu_indices(n_topics, 1)]
    return np.asarray(fcluster(linkage(apart, "average"), 1 - _LEAST_SHARE, "distance") - 1, np.int64)


def _met(topic: Codes, opener: Ints, n_topics: int) -> Reals:
    """(n_topics, n_topics) contacts of one topic with those of the other in their thread; each contact counts once."""
    from scipy.sparse import coo_array

    known = np.flatnonzero(topic >= 0)
    thread, code = np.unique(opener[known], return_inverse=True)
    size = np.bincount(code, minlength=len(thread))
    several = np.flatnonzero(size[code] > 1)
    code, of = code[several], topic[known[several]]
    weight = 1 / np.sqrt(size[code] - 1)
    shape = (len(thread), n_topics)
    held = coo_array((weight, (code, of)), shape=shape).tocsr()
    met: Reals = (held.T @ held).toarray()
    met[np.diag_indices(n_topics)] -= np.bincount(of, weight**2, minlength=n_topics)
    return np.maximum(met, 0)
