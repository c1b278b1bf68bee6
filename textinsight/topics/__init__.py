"""Contact reasons: discovered from the texts, named in the contacts' words, kept stable, assigned to contacts."""

from textinsight.topics.alike import Alike
from textinsight.topics.assign import AssignConfig, Assignment, assign
from textinsight.topics.bare import bare
from textinsight.topics.beside import discover_beside, found_part, taxonomy_model, with_found
from textinsight.topics.classify import ClassifyConfig, ReasonClassifier, fit_reasons, fit_vectors
from textinsight.topics.discover import TopicsConfig, discover
from textinsight.topics.edits import Edit, Replayed, apply, find, replay, replayed, standing
from textinsight.topics.explain import Explanation, explain
from textinsight.topics.model import Merged, Topic, TopicModel
from textinsight.topics.namer import Namer, load_namer, renamed
from textinsight.topics.places import MapConfig, topic_map
from textinsight.topics.quality import TopicQuality, quality_table, topic_quality
from textinsight.topics.reconcile import next_ids, reconcile
from textinsight.topics.refresh import Change, changes, kept_share, refresh
from textinsight.topics.several import Reasons, SeveralConfig, several
from textinsight.topics.split import split
from textinsight.topics.taxonomy import Reason, check_taxonomy, read_taxonomy

__all__ = [
    "Alike",
    "AssignConfig",
    "Assignment",
    "Change",
    "ClassifyConfig",
    "Edit",
    "Explanation",
    "MapConfig",
    "Merged",
    "Namer",
    "Reason",
    "ReasonClassifier",
    "Reasons",
    "Replayed",
    "SeveralConfig",
    "Topic",
    "TopicModel",
    "TopicQuality",
    "TopicsConfig",
    "apply",
    "assign",
    "bare",
    "changes",
    "check_taxonomy",
    "discover",
    "discover_beside",
    "explain",
    "find",
    "fit_reasons",
    "fit_vectors",
    "found_part",
    "kept_share",
    "load_namer",
    "next_ids",
    "quality_table",
    "read_taxonomy",
    "reconcile",
    "refresh",
    "renamed",
    "replay",
    "replayed",
    "several",
    "split",
    "standing",
    "taxonomy_model",
    "topic_map",
    "topic_quality",
    "with_found",
]
