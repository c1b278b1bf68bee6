"""Which of their columns is which of our fields: a table of well-known names, `--map ours=theirs` over it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from textinsight.errors import InputError, UsageError

# Per field the names in order of trust: the first that is present and not yet taken wins. Fields bind in this
# order, so `contact_id` names the contact unless a conversation_id does, and then names the person.
FIELDS: dict[str, tuple[str, ...]] = {
    "conversation_id": (
        "conversation_id", "conversation", "conv_id", "convo_id", "thread_id", "call_id", "ticket_id", "chat_id",
        "dialogue_id", "dialog_id", "session_id", "interaction_id", "case_id", "case_number", "ticket_number",
        "ticket", "complaint_id", "issue_id", "contact_id", "transcript_id", "review_id", "response_id",
    ),
    "message_id": ("message_id", "utterance_id", "turn_id", "comment_id", "tweet_id", "event_id"),
    "reply_to": ("in_response_to_tweet_id", "in_reply_to", "in_reply_to_id", "reply_to", "reply_to_id"),
    "id": ("id", "uuid", "key", "_id"),
    "customer_id": (
        "customer_id", "customer_number", "cust_id", "customer", "client_id", "client", "user_id", "caller_id",
        "caller", "member_id", "subscriber_id", "consumer_id", "account_id", "account_number", "patient_id",
        "guest_id", "requester_id", "visitor_id", "end_user_id", "person_id", "profile_id", "contact_id",
    ),
    "phone": (
        "phone", "phone_number", "telephone", "telephone_number", "mobile", "mobile_number", "mobile_phone", "msisdn",
        "customer_phone", "customer_phone_number", "contact_phone", "caller_number", "caller_phone", "calling_number",
        "ani", "cli",
    ),
    "email": (
        "email", "email_address", "e_mail", "e_mail_address", "customer_email", "customer_email_address",
        "contact_email", "requester_email",
    ),
    "account": (
        "account", "account_id", "account_number", "account_no", "customer_account", "customer_account_number",
        "contract_id", "contract_number", "policy_number",
    ),
    "agent_id": (
        "agent_id", "agent", "agent_name", "representative_id", "representative", "rep_id", "employee_id",
        "operator_id", "advisor_id", "adviser_id", "assignee_id", "assigned_to", "handled_by", "worker_id",
    ),
    "channel": (
        "channel", "channel_type", "contact_channel", "medium", "media_type", "via_channel", "via",
        "source_channel", "submitted_via", "received_via", "contact_method",
    ),
    "company": (
        "company", "company_name", "brand", "brand_name", "organization", "organisation", "business_unit",
        "line_of_business", "queue", "queue_name", "department", "airline",
    ),
    "started_at": (
        "started_at", "started_at_unix", "start_time", "started", "start_at", "conversation_start",
        "call_start", "call_start_time", "conversation_started_at", "contact_start", "start_timestamp",
        "opened_at", "initiated_at", "start_date",
    ),
    "ended_at": (
        "ended_at", "ended_at_unix", "end_time", "ended", "end_at", "conversation_end", "call_end",
        "call_end_time", "closed_at", "end_timestamp", "end_date",
    ),
    "time": (
        "timestamp", "created_at", "created_at_unix", "timestamp_unix", "sent_at", "message_time", "posted_at",
        "datetime", "date_time", "created", "created_date", "creation_date", "date_created", "created_time",
        "received_at", "date_received", "date", "ts", "time", "unix_time", "event_time",
    ),
    "duration_s": (
        "duration_s", "duration_sec", "duration_secs", "duration_seconds", "duration_in_seconds",
        "call_duration_s", "call_duration_seconds", "handle_time_s", "handle_time_seconds", "talk_time_s", "aht_s",
    ),
    "duration_ms": ("duration_ms", "duration_millis", "duration_milliseconds", "call_duration_ms"),
    "language": ("language", "lang", "language_code", "locale"),
    "tenure_days": ("tenure_days", "customer_tenure_days", "days_as_customer", "tenure_in_days"),
    "customer_since": ("customer_since", "member_since", "signup_date", "signed_up_at", "joined_at", "join_date"),
    "csat": ("csat", "csat_score", "customer_satisfaction", "satisfaction_score"),
    "nps": ("nps", "nps_score", "likelihood_to_recommend"),
    "ces": ("ces", "ces_score", "customer_effort", "customer_effort_score"),
    "role": (
        "role", "speaker_role", "participant_role", "sender_role", "author_role", "author_type", "sender_type",
        "speaker_type", "participant_type", "speaker", "sender", "author", "participant", "speaker_name",
        "sender_name", "author_name", "participant_name", "from", "who", "inbound",
    ),
    "speaker_id": ("author_id", "sender_id", "speaker_id", "participant_id", "from_id"),
    "turns": ("turns", "messages", "utterances", "dialogue", "dialog", "segments", "entries"),
    "text": (
        "text", "message", "body", "content", "utterance", "transcript", "message_text", "message_body", "comment",
        "comments", "comment_text", "full_text", "plain_body", "verbatim", "feedback", "review", "review_text",
        "narrative", "complaint", "complaint_text", "complaint_narrative", "consumer_complaint_narrative",
        "customer_complaint", "conversation_text", "description", "question", "query",
    ),
    "offset_s": (
        "offset_s", "offset", "offset_seconds", "start_s", "start_sec", "start_seconds", "start", "begin",
        "time_offset", "seconds",
    ),
    "offset_ms": ("offset_ms", "offset_millis", "offset_milliseconds", "start_ms", "start_time_ms",
                  "begin_offset_millis"),
    "turn_index": (
        "turn", "turn_index", "turn_number", "turn_no", "turn_idx", "utterance_index", "message_index",
        "message_number", "sequence", "sequence_number", "seq", "position", "line_number",
    ),
}  # fmt: skip

# What the parts of a conversation need; a turn's `start` is an offset, a row's `start_time` a clock.
TURN_FIELDS = ("message_id", "role", "speaker_id", "text", "offset_s", "offset_ms", "time", "turn_index")
_TURN_EXTRA = {
    "offset_s": ("start_time",),
    "role": ("name", "user", "type"),
    "text": ("value", "sentence"),
}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER = re.compile(r"[\W_]+")


@lru_cache(maxsize=4096)
def normal(name: str) -> str:
    """Case, spaces, dashes and camelCase are one: "Conversation ID" and "conversationId" → conversation_id."""
    return _OTHER.sub("_", _CAMEL.sub("_", name.strip())).strip("_").lower()


def check_mapping(mapping: Mapping[str, str]) -> None:
    """UsageError for a field that is not ours."""
    for ours in mapping:
        if ours not in FIELDS:
            raise UsageError(
                f"--map {ours}={mapping[ours]}: {ours!r} is no field", hint=f"fields are {', '.join(FIELDS)}"
            )


def bind(names: Iterable[str], mapping: Mapping[str, str] | None = None) -> dict[str, str]:
    """{our field: their column} for the columns present; InputError if a mapped column is not there."""
    names = list(names)
    chosen = dict(mapping or {})
    missing = [theirs for theirs in chosen.values() if theirs not in names]
    if missing:
        raise InputError(f"there is no column {missing[0]!r}", hint=f"the columns are {', '.join(map(repr, names))}")
    present = {normal(name): name for name in reversed(names) if name not in chosen.values()}
    for field, known in FIELDS.items():
        if field not in chosen:
            _take(field, known, present, chosen)
    if "customer_id" in chosen and normal(chosen["customer_id"]) in FIELDS["account"]:
        chosen.setdefault("account", chosen["customer_id"])  # the same account may be a key in another file
    return chosen


@lru_cache(maxsize=1024)
def bind_turn(names: tuple[str, ...]) -> dict[str, str]:
    """{our turn field: their key} for the keys of one turn."""
    present = {normal(name): name for name in reversed(names)}
    chosen: dict[str, str] = {}
    for field in TURN_FIELDS:
        _take(field, (*FIELDS[field], *_TURN_EXTRA.get(field, ())), present, chosen)
    return chosen


def _take(field: str, known: tuple[str, ...], present: dict[str, str], chosen: dict[str, str]) -> None:
    name = next((name for name in known if name in present), None)
    if name is not None:
        chosen[field] = present.pop(name)


def cell(record: Mapping[str, Any], bound: Mapping[str, str], field: str) -> Any:
    """What the record says of our field; None if no column is bound to it."""
    return record.get(bound[field]) if field in bound else None


def is_known(name: str) -> bool:
    """Is this a name that some field goes by?"""
    return normal(name) in _KNOWN


_KNOWN = frozenset(name for known in FIELDS.values() for name in known)
