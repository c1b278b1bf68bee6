"""The generated world: reproducible, consistent with its truth, and with the planted effects to be measured."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta

import pytest

from textinsight.errors import UsageError
from textinsight.synth import SynthConfig, generate
from textinsight.synth.bank import load_bank
from textinsight.synth.calendar import bursts

CONFIG = SynthConfig(contacts=3200, seed=5, order="customer", missing_time=0.0)


@pytest.fixture(scope="module")
def contacts():
    return list(generate(CONFIG))


@pytest.fixture(scope="module")
def by_id(contacts):
    return {contact.conversation.conversation_id: contact for contact in contacts}


def test_same_seed_same_world(contacts):
    small = replace(CONFIG, contacts=90)
    assert list(generate(small)) == list(generate(small))
    assert list(generate(small)) == contacts[: len(list(generate(small)))]
    assert next(iter(generate(replace(small, seed=6)))) != contacts[0]


def test_orders_and_shards_give_the_same_contacts(contacts):
    small = replace(CONFIG, contacts=130)
    timed = list(generate(replace(small, order="time")))
    starts = [contact.conversation.started_at for contact in timed]
    assert starts == sorted(starts)

    def ids(config):
        return {contact.conversation.conversation_id for contact in generate(config)}

    shards = [ids(replace(small, shard=shard, shards=3)) for shard in range(3)]
    assert set().union(*shards) == ids(small) == {contact.conversation.conversation_id for contact in timed}
    assert sum(map(len, shards)) == len(timed)


def test_ids_are_unique_and_times_lie_in_the_span(contacts, by_id):
    assert len(by_id) == len(contacts)
    for contact in contacts:
        assert CONFIG.start_s <= contact.conversation.started_at.timestamp() < CONFIG.end_s
        assert contact.conversation.ended_at > contact.conversation.started_at


def test_links_tie_a_customers_contacts_within_the_window(contacts, by_id):
    n = Counter()
    for later in contacts:
        for link in later.links:
            earlier = by_id[link.earlier_id]
            gap = later.conversation.started_at - earlier.conversation.ended_at
            assert later.customer == earlier.customer
            assert timedelta(0) < gap <= timedelta(days=14)
            assert (later.reason == earlier.reason) is (link.relation == "same_issue")
            assert not link.handover or gap < timedelta(minutes=15)
            n[link.relation, link.handover] += 1
    assert n["same_issue", False] > 400
    assert n["same_issue", True] > 40
    assert n["downstream", False] > 100


def test_unsolved_contacts_come_back_and_solved_ones_do_not(contacts, by_id):
    came_back = {link.earlier_id for c in contacts for link in c.links if link.relation == "same_issue"}
    assert not any(by_id[earlier].solved for earlier in came_back)


def test_planted_edges_show_in_counts_of_true_reasons(contacts):
    """P(b within 14 days after a) against the same after reasons of the company that do not bring b."""
    histories = defaultdict(list)
    for contact in contacts:
        histories[contact.customer].append(contact)
    for company in load_bank().companies:
        for edge in (edge for edges in company.edges.values() for edge in edges):
            causes = {a for a, out in company.edges.items() if any(e.reason_b == edge.reason_b for e in out)}
            others = set(company.reasons) - causes - {edge.reason_b}
            after = _rate(histories.values(), {edge.reason_a}, edge.reason_b)
            before = _rate(histories.values(), others, edge.reason_b)
            assert after > 3 * before, (edge, after, before)
            assert after > 0.3 * edge.probability, (edge, after)


def _rate(histories, reasons, reason_b):
    starts = followed = 0
    for history in histories:
        for i, first in enumerate(history):
            if first.reason in reasons:
                limit = first.conversation.ended_at + timedelta(days=14)
                later = history[i + 1 :]
                starts += 1
                followed += any(c.reason == reason_b and c.conversation.started_at <= limit for c in later)
    return followed / starts


def test_the_billing_failure_is_a_spike_with_more_repeats(contacts):
    burst = next(burst for burst in bursts(CONFIG) if burst.kind == "process_failure")
    first = [c for c in contacts if c.reason == burst.reason and not c.links]
    days = Counter(c.conversation.started_at.date() for c in first)
    inside = sum(days[burst.first_day + timedelta(days=n)] for n in range(burst.days))
    assert inside > 5 * (len(first) - inside) / (CONFIG.days - burst.days) * burst.days


def test_survey_answers_follow_the_experience(contacts):
    scores = defaultdict(list)
    for contact in contacts:
        if contact.conversation.survey.csat is not None:
            scores[contact.solved].append(contact.conversation.survey.csat)
    mean = {solved: sum(values) / len(values) for solved, values in scores.items()}
    assert mean[True] - mean[False] > 1.0
    assert 0.13 < sum(map(len, scores.values())) / len(contacts) < 0.23


def test_missing_customers_and_times():
    contacts = list(generate(replace(CONFIG, contacts=860, missing_customer=0.5, missing_time=0.5)))
    unknown = sum(c.conversation.customer_id is None for c in contacts) / len(contacts)
    timeless = sum(c.conversation.started_at is None for c in contacts) / len(contacts)
    assert 0.4 < unknown < 0.6
    assert 0.4 < timeless < 0.6
    assert all(
        turn.offset_s is None for c in contacts if c.conversation.started_at is None for turn in c.conversation.turns
    )


def test_world_has_four_industries_and_varied_openings():
    bank = load_bank()
    reasons = [reason for company in bank.companies for reason in company.reasons.values()]
    assert len(bank.companies) == 4
    assert len(reasons) >= 35
    assert min(len(reason.wordings) for reason in reasons) >= 12
    assert sum(len(edges) for company in bank.companies for edges in company.edges.values()) >= 12


def test_every_line_of_every_bank_can_be_said():
    """No template asks for a fact that does not exist, and no facet of a reason is left without words."""
    from textinsight.synth.bank import CHANNELS
    from textinsight.synth.facts import Facts
    from textinsight.synth.journey import planned
    from textinsight.synth.template import Choice, Slot

    def slots(template):
        for part in template:
            if isinstance(part, Choice):
                yield from (name for option in part.options for name in slots(option))
            elif isinstance(part, Slot):
                yield part

    bank = load_bank()
    phrases = [line for lines in bank.phrases.values() for line in lines]
    for company in bank.companies:
        who, plans = next(
            (who, plans)
            for who, plans in (planned(CONFIG, i) for i in range(100))
            if bank.companies[who.company] is company
        )
        facts = Facts(bank, company, who, plans[0])
        for reason in company.reasons.values():
            for wording in reason.wordings + reason.repeats:
                for kind in wording.__dataclass_fields__:
                    assert getattr(wording, kind), (reason.name, kind)
                said = [
                    line for kind in wording.__dataclass_fields__ if kind != "checks" for line in getattr(wording, kind)
                ]
                said += [line for pair in wording.checks for line in pair]
                assert all(facts(name) for line in said for name in slots(line))
        assert all(facts(name) for line in phrases for name in slots(line))
    assert set(CHANNELS) == {"voice", "chat", "email", "social"}


@pytest.mark.parametrize(
    "wrong",
    [{"contacts": 0}, {"shard": 2, "shards": 2}, {"surveyed": 1.5}, {"order": "size"}, {"agents_per_company": 1}],
)
def test_impossible_configs_are_refused(wrong):
    with pytest.raises(UsageError):
        SynthConfig(**wrong)


def test_the_number_of_contacts_is_about_what_was_asked(contacts):
    assert len(contacts) == pytest.approx(CONFIG.contacts, rel=0.12)
    long = replace(CONFIG, contacts=2000, start=date(2025, 1, 1), end=date(2026, 1, 1))
    assert sum(1 for _ in generate(long)) == pytest.approx(2000, rel=0.12)
