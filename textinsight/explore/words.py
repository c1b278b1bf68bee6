"""Names, units and definitions as people read them; and text made safe for places that render Markdown."""

from __future__ import annotations

import math
import re

UNCLEAR = "Unclear"
UNKNOWN = "unknown"
UNNAMED_THEME = "Unnamed"
MASK = "–"
SUPPORT = 100  # starts (or contacts) below which a figure is shown but not to be leant on
MAX_Q = 0.05

MEASURES = {
    "contacts": "Contacts",
    "customers": "Customers",
    "repeat_share": "Repeat contacts",
    "fcr_observed": "FCR observed",
    "fcr_stated": "FCR stated",
    "effort": "Customer effort",
    "sentiment": "Customer sentiment",
    "csat_top_two_box": "Satisfied (CSAT 4–5)",
}

LABELS = {
    "channel": "Channel", "company": "Company", "topic": "Topic", "sentiment": "Sentiment", "resolution": "Resolution",
    "tenure": "Customer for", "agent": "Agent", "effort": "Effort score", "repeat": "Repeat", "handle": "Handle time",
    "first": "First contact", "follows": "Later contacts",
}  # fmt: skip
RESOLUTIONS = {"resolved": "Resolved", "unresolved": "Not resolved", "moved": "Passed on", "unclear": "Unclear"}
DRIVERS = {  # what made it hard: name and meaning
    "repeat_contact": ("Contacts again", "The customer has been in touch about the same problem before."),
    "channel_switch": ("Switches channel", "The customer had to try more than one channel."),
    "long_wait": ("Waits", "Long waiting: in a queue, for an answer, for what was promised."),
    "transfer": ("Handed over", "Passed on from one person or team to another."),
    "repeat_information": ("Tells it again", "The customer has to repeat what was already said or sent."),
    "unclear_answer": ("Unclear answer", "An answer that is hard to follow or contradicts another."),
    "self_service_failed": ("Self-service", "App, website or phone menu did not do what was needed."),
}
ROLES = {"customer": "Customer", "agent": "Agent", "bot": "Bot", "system": "System", "unknown": "Unknown speaker"}
FORMATS = {
    "jsonl": "JSON",
    "csv": "CSV",
    "parquet": "Parquet",
    "transcript": "text transcript",
    "captions": "captions",
    "deepgram": "Deepgram",
    "azure_speech": "Azure AI Speech",
}
TAGS = {
    "issue stated": "Issue",
    "sentiment 1": "Positive",
    "sentiment -1": "Negative",
    "stated_repeat true": "Says it is a repeat",
    "churn_risk true": "Churn risk",
    "escalation true": "Escalation",
    "resolution resolved": "Resolved",
    "resolution unresolved": "Not resolved",
    "resolution moved": "Passed on",
}
FLAGS = {"stated_repeat": "Says it is a repeat", "escalation": "Escalation", "churn_risk": "Churn risk"}
SIGNALS = {
    "prior": "Starting point",
    "final": "Probability",
    "issue_similarity": "Wording of the issue",
    "topic": "Topic",
    "stated_repeat": "Customer says so",
    "effort_told": "Effort the customer tells of",
    "earlier_outcome": "Outcome of the earlier contact",
    "earlier_ending": "How the earlier contact ended",
    "reference": "Reference numbers",
    "gap": "Time between",
    "company": "Company",
    "channel": "Channel",
    "agent": "Agent",
    "volume": "Contacts of this customer",
    "attributable_share": "How often one follows",
    "alike_steps": "Other customers' steps alike",
    "stated_cause": "The customer says so",
    "rivals": "Other possible causes",
}

HELP = {
    "issue": "The customer's own words that state the issue. Personal data is masked.",
    "effort": "How hard it was for the customer, 1 very low to 5 very high. Higher is worse.",
    "effort_as_tagged": " Read from the whole conversation, before somebody corrected what made it hard. It is not "
    "added up from drivers, so it stays.",
    "sentiment": "Mean of the customer's turns, −1 very negative to 1 very positive.",
    "resolution": "What the conversation itself shows. Whether the customer came back is a separate figure.",
    "repeat": "Same customer, same issue, after an earlier contact ended. Hand-overs within 15 minutes are no repeats.",
    "repeats": "Contacts of this topic that came back for the same issue.",
    "downstream": "Later contacts about another issue that contacts of this topic brought on, each counted with its "
    "probability.",
    "fcr": "Contacts that open an issue without the customer coming back for it / all whose window is over.",
    "avoidable": "Repeats + downstream contacts: what would not have come if the topic were solved at once.",
    "cost": "Avoidable contacts × cost per contact.",
    "cost_per_contact": "What handling one contact costs, in your currency. The figure that stands here first is a "
    "round placeholder: set your own.",
    "rate": "Share of A-starts after which the customer opened an issue of topic B within the window.",
    "base_rate": "The same share for comparable starts without A: other customers of the same company and "
    "months, or the same customers before A, whichever is larger.",
    "lift": "Rate / base rate. 1 means that A makes no difference.",
    "interval": "95% interval of the lift.",
    "q_value": "False-discovery rate: the share of false alarms to expect among edges at least this clear.",
    "n_starts": "Contacts that opened an issue of topic A and whose window is over.",
    "n_followed": "Starts that were followed by B.",
    "median_gap_days": "Days from the end of A to the start of B, median.",
    "driver_share": "Contacts with this driver / contacts in view. A contact can have several drivers.",
    "high_effort": "Contacts with an effort score of 4 or 5 / contacts with a score. Lower is better.",
    "any_driver": "Contacts in which at least one driver shows / contacts. Lower is better.",
    "with_driver": "Of the contacts with this driver.",
    "heat": "Share of the segment's contacts with the driver. The darker, the more above the share of all contacts in "
    "view; segments with fewer than 30 contacts are not shaded.",
    "topic_share": "Share of the contacts in view.",
    "topic_trend": "Share of each week's or month's contacts; periods with fewer than 20 contacts are left out.",
    "repeat_share": "Repeat contacts / contacts: the customer came back for the same issue within the window. "
    "Hand-overs are left out. Lower is better.",
    "topic_source": "Found: discovered from what customers say. Your list: from your company's own reasons. "
    "Edited: named, merged or split by an analyst.",
    "coherence": "How alike its contacts are: mean cosine to the topic's centre, 0 to 1. Higher is better.",
    "separation": "Coherence less the contacts' mean cosine to the next topic. Near 0 the two are hardly apart: look "
    "whether to merge them.",
    "confidence": "How sure the assignment of its contacts is, on average, 0 to 1.",
    "threads": "Issue threads: contacts of one customer about the same issue, across channels.",
    "thread_contacts": "Contacts of the thread, hand-overs included.",
    "customer": "As it was read; a pseudonym where a phone number, e-mail address or account told who it is.",
    "open": "Open: the window after the last contact is not over, so that another one may still join.",
    "fcr_observed": "Contacts that open an issue without the customer coming back for it / those whose window is over.",
    "fcr_n": "Contacts that open an issue and whose window is over.",
    "fcr_open": "Of the contacts that open an issue or may: their window is not over, so nobody knows yet.",
    "fcr_not_measurable": "Of the contacts that open an issue or may: no customer or no time, so nobody can know.",
    "fcr_stated": "Contacts whose conversation shows resolution / those that show an outcome.",
    "fcr_n_stated": "Contacts whose conversation shows an outcome.",
    "gap_days": "Days from the end of the earlier contact to the start of the later one.",
    "brought_on": "Probability that the earlier contact brought the later one on; – where it lies below the cut.",
    "weight": "Log-odds that the signal adds: above 0 speaks for the link, below 0 against it.",
    "then": "Probability once this signal is counted.",
    "avoidable_first": "Later contacts that would not have come, had the first contact answered the next question too: "
    "the largest row of “Avoidable contacts”.",
    "related": "Of all contacts within the window after a contact of the customer: same issue or brought on.",
    "followups": "Contacts within the window after another one of the customer.",
    "downstream_share": "Of the same-issue and downstream contacts within the window: the downstream ones.",
    "linked": "Same-issue and downstream contacts within the window.",
    "cluster_contacts": "Contacts of the issues that followed along the cluster's arrows, repeats included, each once.",
    "cluster_customers": "Customers who had them.",
    "cluster_attributable": "Of these contacts, those beyond the base rate.",
    "cluster_cost": "Later contacts × cost per contact.",
    "cluster_attributable_cost": "Those beyond the base rate × cost per contact.",
    "avoidable_n_starts": "First contacts of A whose window is over.",
    "avoidable_contacts": "Contacts of the B issues that followed, repeats of B included.",
    "avoidable_avoidable": "Later contacts × (rate − base rate) / rate.",
    "avoidable_per_100_starts": "Avoidable contacts for each 100 starts of A.",
    "avoidable_cost": "Avoidable contacts × cost per contact.",
    "avoidable_interval": "95% interval of the avoidable contacts: both rates may be chance.",
    "n_open_excluded": "Starts left out because their window is not over yet: what follows them is unknown.",
}


_ARROW = re.compile(r"(?<!\S)(<-|[-<>~])([->=])(?!\S)")


def topic(label: str | None) -> str:
    """A topic's name; contacts without one are unclear."""
    return label if isinstance(label, str) and label else UNCLEAR


def name(code: object, names: dict[str, str]) -> str:
    """The name of a code, or the code itself made readable."""
    text = str(code) if isinstance(code, str) else UNKNOWN
    return names.get(text, text.replace("_", " ").capitalize())


def escape(text: str) -> str:
    """`text` for a place that renders Markdown (button, badge, caption, metric): shown as typed, on one line."""
    one_line = re.sub(r"\s+", " ", text)
    # Links, icons and emoji are found in the text after escapes are resolved: an invisible word joiner hides them.
    hidden = re.sub(r"[:@]", "\\g<0>\u2060", one_line).replace("www.", "www\u2060.")
    hidden = _ARROW.sub("\\1\u2060\\2", hidden)  # so are arrows and dashes that would be typeset
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~$:&=^])", r"\\\1", hidden)


def short(text: str | None, length: int = 90) -> str:
    """`text` on one line, cut at a word."""
    line = re.sub(r"\s+", " ", text or "").strip()
    if len(line) <= length:
        return line
    return line[:length].rsplit(" ", 1)[0].rstrip(",.;:") + "…"


def figure(value: float | None, unit: str) -> str:
    """A number in its unit; a dash where it is unknown."""
    return MASK if value is None or math.isnan(value) else _FORMATS.get(unit, "{:,.2f}").format(value)


def interval(low: float, high: float, unit: str) -> str:
    """A 95% interval in the measure's unit."""
    if unit == "share":
        return f"{100 * low:.1f}–{100 * high:.1f}%"
    return f"{figure(low, unit)} to {figure(high, unit)}"


def elapsed(seconds: float) -> str:
    """Time since the contact began: 1:05, then hours and minutes, then days."""
    minutes = int(seconds) // 60
    if minutes < 60:
        return f"{minutes}:{int(seconds) % 60:02d}"
    return f"{minutes // 60} h {minutes % 60} min" if minutes < 24 * 60 else f"{minutes / 1440:.1f} days"


def chance(probability: float) -> str:
    """A probability as a percentage that never claims certainty."""
    return "> 99%" if probability > 0.99 else "< 1%" if probability < 0.01 else f"{probability:.0%}"


def small(q: float) -> str:
    """A false-discovery rate."""
    return "< 0.001" if q < 0.001 else f"{q:.3f}"


def change(now: float, before: float, unit: str) -> str | int:
    """The difference of two figures: percentage points for shares, percent for counts; 0 where it rounds to none."""
    if unit in _COUNTS:
        text = f"{now / before - 1:+.0%}" if before else ""
    elif unit == "share":
        text = f"{100 * (now - before):+.1f} pp"
    else:
        text = f"{now - before:+.2f}"
    return 0 if text and not re.search("[1-9]", text) else text


_COUNTS = ("contacts", "customers", "issues")
_FORMATS = {
    "share": "{:.1%}",
    "contacts": "{:,.0f}",
    "customers": "{:,.0f}",
    "issues": "{:,.0f}",
    "-100..100": "{:+.0f}",
    "-1..1": "{:+.2f}",
}
