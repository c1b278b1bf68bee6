"""The derived tables: what is rebuilt from the stored ones and replaced whole."""

from __future__ import annotations

import pyarrow as pa

TIME = pa.timestamp("us", tz="UTC")
TEXTS = pa.list_(pa.string())
SIGNALS = pa.list_(pa.struct([("signal", pa.string()), ("value", pa.string()), ("weight", pa.float64())]))

ASSIGNED = [
    pa.field("topic_id", pa.string()),
    pa.field("topic_label", pa.string()),
    pa.field("topic_confidence", pa.float32()),
    pa.field("thread_id", pa.string()),
    pa.field("csat_predicted", pa.float32()),
]

_TOPICS = [
    ("topic_id", pa.string()),
    ("label", pa.string()),
    ("description", pa.string()),
    ("parent_id", pa.string()),
    ("terms", TEXTS),
    ("n", pa.int64()),
    ("examples", TEXTS),
    ("source", pa.string()),
    ("engine", pa.string()),
    ("centroid", pa.binary()),  # little-endian float32, unit length
    ("fitted_on", pa.int64()),  # contacts in the archive when the topics were discovered
]

_LINKS = [
    ("conversation_id", pa.string()),
    ("earlier_id", pa.string()),
    ("relation", pa.string()),
    ("probability", pa.float32()),
    ("gap_days", pa.float64()),
    ("evidence", SIGNALS),
    ("reviewed", pa.string()),
]

DERIVED: dict[str, pa.Schema] = {
    "assignments": pa.schema([pa.field("conversation_id", pa.string(), nullable=False), *ASSIGNED]),
    "topics": pa.schema(_TOPICS),
    "links": pa.schema(_LINKS),
    "threads": pa.schema(
        [
            ("thread_id", pa.string()),
            ("customer_id", pa.string()),
            ("topic_id", pa.string()),
            ("first_at", TIME),
            ("last_at", TIME),
            ("n_contacts", pa.int32()),
            ("channels", TEXTS),
            ("open", pa.bool_()),
        ]
    ),
    "edges": pa.schema(
        [
            ("topic_a", pa.string()),
            ("topic_b", pa.string()),
            ("window_days", pa.int32()),
            ("n_starts", pa.int64()),
            ("n_followed", pa.int64()),
            ("rate", pa.float64()),
            ("base_rate", pa.float64()),
            ("lift", pa.float64()),
            ("lift_low", pa.float64()),
            ("lift_high", pa.float64()),
            ("q_value", pa.float64()),
            ("median_gap_days", pa.float64()),
            ("n_open_excluded", pa.int64()),
        ]
    ),
    "clusters": pa.schema(
        [
            ("cluster_id", pa.string()),
            ("label", pa.string()),
            ("window_days", pa.int32()),
            ("topics", TEXTS),  # ids, those with most to do first
            ("topic_labels", TEXTS),
            ("n_edges", pa.int64()),
            ("contacts", pa.int64()),  # later contacts along the cluster's edges, repeats of them included
            ("customers", pa.int64()),
            ("attributable", pa.float64()),  # of these contacts, beyond the base rate
            ("cost_per_contact", pa.float64()),
            ("cost", pa.float64()),
            ("attributable_cost", pa.float64()),
        ]
    ),
    "avoidable": pa.schema(
        [
            ("topic_a", pa.string()),
            ("label_a", pa.string()),
            ("topic_b", pa.string()),
            ("label_b", pa.string()),
            ("window_days", pa.int32()),
            ("n_starts", pa.int64()),
            ("n_followed", pa.int64()),
            ("contacts", pa.int64()),  # of the issues that followed, repeats of them included
            ("share", pa.float64()),  # attributable: (rate − base) / rate
            ("avoidable", pa.float64()),  # contacts × share
            ("low", pa.float64()),
            ("high", pa.float64()),
            ("per_100_starts", pa.float64()),
            ("cost_per_contact", pa.float64()),
            ("cost", pa.float64()),
        ]
    ),
    "handle_time": pa.schema(
        [
            ("topic_id", pa.string()),  # "all" pools the topics
            ("topic_label", pa.string()),
            ("window_days", pa.int32()),
            ("quartile", pa.int8()),  # 1 shortest .. 4 longest, 0 all of the topic
            ("median_s", pa.float64()),
            ("n", pa.int64()),
            ("n_repeat", pa.int64()),
            ("repeat_rate", pa.float64()),
            ("low", pa.float64()),
            ("high", pa.float64()),
            ("n_unknown", pa.int64()),
            ("association", pa.float64()),  # −1..1, above 0: short contacts bring repeats
            ("association_low", pa.float64()),
            ("association_high", pa.float64()),
            ("q_value", pa.float64()),
        ]
    ),
    "measures": pa.schema(
        [
            ("measure", pa.string()),
            ("segment", pa.string()),  # "all" or "dimension=value"
            ("period", pa.string()),  # "all" or "YYYY-MM"
            ("value", pa.float64()),
            ("low", pa.float64()),
            ("high", pa.float64()),
            ("n", pa.int64()),
            ("n_unknown", pa.int64()),
            ("unit", pa.string()),
            ("higher_is_better", pa.bool_()),
        ]
    ),
    # as discovered, before the edits of analysts; refreshed_on: contacts when new topics were last looked for
    "found_topics": pa.schema([*_TOPICS, ("refreshed_on", pa.int64())]),
    "contact_topics": pa.schema(
        [
            ("conversation_id", pa.string()),
            ("topic_id", pa.string()),
            ("rank", pa.int32()),  # 1: the contact's main reason
            ("confidence", pa.float32()),
            ("turn", pa.int32()),
            ("start", pa.int32()),
            ("end", pa.int32()),
        ]
    ),
    "topic_quality": pa.schema(
        [
            ("topic_id", pa.string()),
            ("label", pa.string()),
            ("n", pa.int64()),
            ("share", pa.float64()),
            ("coherence", pa.float64()),  # mean cosine of its contacts to their centre, 0..1, higher is better
            ("separation", pa.float64()),  # coherence less the mean cosine to the next topic, higher is better
            ("confidence", pa.float64()),  # mean of its contacts'
            ("nearest_id", pa.string()),  # the topic it is most like
            ("nearest_label", pa.string()),
            ("sample", TEXTS),  # contacts from its heart to its edge
        ]
    ),
    "topic_map": pa.schema(
        [  # a map by meaning: every topic (no conversation_id) and a sample of contacts; y upwards
            ("topic_id", pa.string()),
            ("conversation_id", pa.string()),
            ("issue_text", pa.string()),  # how it begins
            ("x", pa.float32()),
            ("y", pa.float32()),
        ]
    ),
    "topic_changes": pa.schema(
        [  # what the last refresh changed
            ("topic_id", pa.string()),
            ("label", pa.string()),
            ("kind", pa.string()),  # new, grown, shrunk, gone
            ("n_before", pa.int64()),
            ("n_after", pa.int64()),
            ("share_before", pa.float64()),
            ("share_after", pa.float64()),
        ]
    ),
    "contact_facts": pa.schema(
        [  # one narrow row a contact in order of time: what the app counts; see measure.contact_facts
            ("conversation_id", pa.string()),
            ("started_at", TIME),
            ("person", pa.int32()),  # who is counted once; a number that means nothing outside one state of the table
            ("customer_id", pa.string()),
            ("agent_id", pa.string()),
            ("channel", pa.string()),
            ("company", pa.string()),
            ("language", pa.string()),
            ("topic_id", pa.string()),
            ("topic_label", pa.string()),
            ("theme_id", pa.string()),
            ("theme_label", pa.string()),
            ("sentiment", pa.float32()),
            ("resolution", pa.string()),
            ("effort_score", pa.float32()),
            ("drivers", pa.int16()),  # the bits of findings.DRIVER_BITS: a set that is compared and grouped as a number
            ("stated_repeat", pa.bool_()),
            ("escalation", pa.bool_()),
            ("churn_risk", pa.bool_()),
            ("tenure_days", pa.float64()),
            ("tenure_band", pa.string()),
            ("thread_id", pa.string()),
            ("csat", pa.float32()),
            ("nps", pa.float32()),
            ("ces", pa.float32()),
            ("is_transfer", pa.bool_()),
            ("is_repeat", pa.bool_()),
            ("opens_issue", pa.bool_()),
            ("fcr_observed", pa.int8()),  # 1, 0, null: unknown
            ("brought_on", pa.float64()),  # later contacts about other issues, each with its probability
            ("handle_s", pa.float64()),
            ("handle_quartile", pa.int8()),  # of the table handle_time, 1..4; null: it counts in none
            ("follows", pa.int16()),  # bits of findings.FOLLOW_BITS a window: which follow-ups it counts among
            ("shard", pa.string()),  # the file of the stored tables that holds the contact
        ]
    ),
    # what linking keeps for itself, so that a new day's contacts link without the others
    "people": pa.schema([("conversation_id", pa.string()), ("person_id", pa.string()), ("references", TEXTS)]),
    "wider": pa.schema([("conversation_id", pa.string()), ("window_days", pa.int32()), ("thread_id", pa.string())]),
    "wider_links": pa.schema([*_LINKS, ("window_days", pa.int32())]),
    "link_states": pa.schema([("window_days", pa.int32()), ("state", pa.binary())]),
    "linking": pa.schema([("settings", pa.string()), ("n_reviews", pa.int64())]),  # written last: all belongs together
    "coverage": pa.schema([("fact", pa.string()), ("known", pa.int64()), ("total", pa.int64())]),
}
