"""Masking of personal data, run before the first write.

Masked: e-mail addresses, phone, payment-card, account, national-identity and IBAN numbers, card security
codes, expiry dates, PINs and one-time codes, dates of birth: typed, read out in words, or split over turns.
Names of people and street addresses are **not** masked. No masking finds everything: treat the store as
confidential all the same.
"""

from __future__ import annotations

from textinsight.ingest.redact.config import Kind, Masked, RedactConfig, Span
from textinsight.ingest.redact.conversation import mask_contact_id, mask_conversation
from textinsight.ingest.redact.mask import mask_text
from textinsight.ingest.redact.pseudonyms import pseudonym

__all__ = ["Kind", "Masked", "RedactConfig", "Span", "mask_contact_id", "mask_conversation", "mask_text", "pseudonym"]
