"""Contact reasons: discovered from the texts, named in the contacts' words, kept stable, assigned to contacts."""

from textinsight.topics.assign import AssignConfig, Assignment, assign
from textinsight.topics.bare import bare
from textinsight.topics.discover import TopicsConfig, discover
from textinsight.topics.model import Topic, TopicModel
from textinsight.topics.reconcile import reconcile

__all__ = [
    "AssignConfig",
    "Assignment",
    "Topic",
    "TopicModel",
    "TopicsConfig",
    "assign",
    "bare",
    "discover",
    "reconcile",
]
