"""A classifier of one's own in a tagger's place, with tiny models; nothing is downloaded."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.tokens import DocBin

import textinsight as ti
from textinsight.conversation import Conversation, Role, Turn
from textinsight.errors import ModelError, UsageError
from textinsight.findings import Analysis
from textinsight.tag import TagConfig, analyse
from textinsight.tag.hub import check_taggers, model_of, shares
from textinsight.tag.labels import LABELS, MOOD, OUTCOMES
from textinsight.tag.marks import ReadConfig, mark
from textinsight.tag.reading import read
from textinsight.tag.words import spoken

pytestmark = pytest.mark.torch
TEXTS = ["my card is lost", "thank you", "my card is lost"]
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "my", "card", "is", "lost", "thank", "you", "manager"]
ANGRY = Conversation(
    "angry",
    (
        Turn(Role.CUSTOMER, "My card is lost and I have called twice. Let me speak to a manager or I will leave you."),
        Turn(Role.AGENT, "Have you called us about this before?"),
        Turn(Role.CUSTOMER, "yes"),
        Turn(Role.AGENT, "Let me transfer you to our cards team."),
    ),
)
YES_NO = {0: "no", 1: "yes"}


def classifier(folder: Path, names: dict[int, str], *, says: list[float] | None = None, positions: int = 32) -> str:
    """A tiny BERT; says: the logits it gives to every text, random ones without."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=positions, initializer_range=0.5, id2label=names,
        label2id={name: i for i, name in names.items()},
    )  # fmt: skip
    model = transformers.BertForSequenceClassification(config)
    if says:
        torch.nn.init.zeros_(model.classifier.weight)
        model.classifier.bias.data = torch.tensor(says)
    model.save_pretrained(folder)
    transformers.BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    return f"torch:{folder}"


def chances(taggers: dict[str, str]) -> np.ndarray:
    said = [[spoken(text)] for text in TEXTS]
    found = mark(said, [[Role.CUSTOMER]] * 3, [[()]] * 3, config=ReadConfig(doubt=1, taggers=taggers))
    return np.array([talk.turns[0].chances for talk in found])


def analysed(taggers: dict[str, str], conversation: Conversation = ANGRY) -> Analysis:
    return analyse(conversation, config=TagConfig(read=ReadConfig(taggers=taggers)))


def test_its_classes_become_the_moods_and_nothing_else_changes(tmp_path: Path) -> None:
    spec = classifier(tmp_path / "mood", {0: "POSITIVE", 1: "negative", 2: "Neutral"})
    ours, theirs = chances({}), chances({"sentiment": spec})
    assert theirs[:, : len(MOOD)].sum(1) == pytest.approx(1, abs=1e-5)
    assert not np.allclose(ours[:, : len(MOOD)], theirs[:, : len(MOOD)])
    assert np.array_equal(ours[:, len(MOOD) :], theirs[:, len(MOOD) :])
    assert np.array_equal(theirs[0], theirs[2])


@pytest.mark.parametrize(
    ("names", "mapping"),
    [
        ({0: "no", 1: "yes"}, ""),
        ({0: "False", 1: "True"}, ""),
        ({0: "0", 1: "1"}, ""),
        ({0: "other", 1: "Churn-Risk"}, ""),
        ({0: "not_churn", 1: "churn_risk"}, ""),
        ({0: "stays", 1: "leaves"}, "#0=no,1=yes"),
        ({0: "LABEL_0", 1: "LABEL_1"}, "#0=no, 1=yes"),
    ],
)
def test_a_label_takes_the_class_that_means_yes(tmp_path: Path, names: dict[int, str], mapping: str) -> None:
    spec = classifier(tmp_path / "churn", names, says=[0.0, np.log(3)]) + mapping
    column = LABELS.index("churn_risk")
    ours, theirs = chances({}), chances({"churn_risk": spec})
    assert theirs[:, column] == pytest.approx(0.75)
    assert np.array_equal(np.delete(ours, column, 1), np.delete(theirs, column, 1))


def test_the_order_of_the_classes_does_not_matter(tmp_path: Path) -> None:
    reversed_ = classifier(tmp_path / "reversed", {0: "yes", 1: "no"}, says=[np.log(3), 0.0])
    assert shares("escalation", reversed_, ["a"])[0] == pytest.approx([0.25, 0.75])


def test_several_classes_may_mean_the_same(tmp_path: Path) -> None:
    spec = classifier(tmp_path / "three", {0: "a", 1: "b", 2: "c"}, says=[0.0, np.log(2), 0.0])
    assert shares("escalation", f"{spec}#0=no,1=yes,2=yes", ["a"])[0] == pytest.approx([0.25, 0.75])


@pytest.mark.parametrize(
    ("tagger", "names", "mapping", "hint"),
    [
        ("sentiment", {0: "cats", 1: "dogs"}, "", "#0=negative,1=positive"),
        ("sentiment", {0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"}, "", "#0=negative,1=neutral,2=positive"),
        ("sentiment", {0: "neutral", 1: "positive"}, "", "#0=negative,1=positive"),
        ("escalation", {0: "LABEL_0", 1: "LABEL_1"}, "", "#0=no,1=yes"),
        ("escalation", {0: "a", 1: "b", 2: "c"}, "", "#0=no,1=no,2=yes"),
        ("escalation", {0: "no", 1: "none", 2: "yes"}, "", "#0=no,1=no,2=yes"),
        ("escalation", {0: "no", 1: "none"}, "", "#0=no,1=yes"),
        ("escalation", {0: "a", 1: "b"}, "#1=yes", "#0=no,1=yes"),
        ("escalation", {0: "a", 1: "b"}, "#0=no,1=yes,2=yes", "#0=no,1=yes"),
        ("escalation", {0: "yes"}, "", "a class for each answer"),
        ("resolution", {0: "resolved", 1: "open"}, "", "#0=resolved,1=unresolved"),
    ],
)
def test_classes_that_do_not_tell_are_refused_with_what_to_type(
    tmp_path: Path, tagger: str, names: dict[int, str], mapping: str, hint: str
) -> None:
    spec = classifier(tmp_path / "odd", names)
    with pytest.raises(ModelError) as caught:
        shares(tagger, spec + mapping, TEXTS)
    assert all(f"{number} ({name})" in str(caught.value) for number, name in names.items())
    assert caught.value.hint.endswith(hint)
    if "#" in hint:
        assert f"--tagger {tagger}={spec}#" in caught.value.hint
        check_taggers({tagger: spec + hint})


@pytest.mark.parametrize(
    ("name", "spec"),
    [("effort", "torch:a/b"), ("escalation", "torch:a/b#0=maybe,1=yes"), ("sentiment", "torch:a/b#x=neutral"),
     ("sentiment", "torch:a/b#0=yes"), ("escalation", "torch:#0=no,1=yes")],
)  # fmt: skip
def test_a_spec_that_cannot_be_is_refused_before_anything_is_loaded(name: str, spec: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_taggers({name: spec})
    assert caught.value.hint


def test_a_path_may_hold_the_signs_of_a_mapping() -> None:
    assert model_of("torch:/data/C#/run=3/model") == "torch:/data/C#/run=3/model"
    assert model_of("torch:/data/run=3") == "torch:/data/run=3"
    assert model_of("torch:a/b#0=no,1=yes") == "torch:a/b"


def test_a_model_without_neutral_is_neutral_where_it_is_torn(tmp_path: Path) -> None:
    """Shares .34 and .66 are .32 apart: neutral. .33 and .67 are .34 apart: not. Scores stay."""
    for share, mood in ((0.34, 0), (0.66, 0), (0.33, 1), (0.67, -1), (0.0001, 1)):
        says = [float(np.log(share)), float(np.log(1 - share))]
        spec = classifier(tmp_path / str(share), {0: "NEGATIVE", 1: "POSITIVE"}, says=says)
        found = analysed({"sentiment": spec}).turns[0]
        assert found.label == mood
        assert found.score == pytest.approx(1 - 2 * share, abs=1e-4)


@pytest.mark.parametrize("answer", [-9.0, -0.2, 9.0])
def test_what_replaces_a_flag_decides_it_alone(tmp_path: Path, answer: float) -> None:
    """At -.2 its chance is .45: over the thresholds of our own models, and still its no."""
    spec = classifier(tmp_path / "flag", YES_NO, says=[0.0, answer])
    flags = ("escalation", "churn_risk", "stated_repeat", "transfer", "sales_offer")
    found = analysed(dict.fromkeys(flags, spec))
    yes = answer > 0
    assert analysed({}).escalation and analysed({}).stated_repeat
    assert (found.escalation, found.churn_risk, found.stated_repeat) == (yes, yes, yes)
    assert {"transfer", "repeat_contact"} & set(found.effort_drivers) == (
        {"transfer", "repeat_contact"} if yes else set()
    )
    shown = [tag for tag in found.tags if {tag.tag, tag.value} & {*flags, "repeat_contact"}]
    assert bool(shown) == yes
    for tag in shown:
        assert (tag.model, tag.quote) == (spec, ANGRY.turns[tag.turn].text)
        assert tag.score == pytest.approx(1 / (1 + np.exp(-answer)), abs=1e-4)
    assert {tag.turn for tag in shown if tag.tag == "sales_offer"} == ({1, 3} if yes else set())
    assert {tag.turn for tag in shown if tag.tag == "escalation"} == ({0, 2} if yes else set())


def test_a_bare_yes_is_read_by_the_replacement_itself(tmp_path: Path) -> None:
    torch_yes = classifier(tmp_path / "random", YES_NO)
    marks = read([ANGRY], config=ReadConfig(taggers={"stated_repeat": torch_yes}))[0].marks
    assert marks[2].chance("stated_repeat") == pytest.approx(float(shares("stated_repeat", torch_yes, ["yes"])[0, 1]))


def test_evidence_of_moods_is_the_replacements(tmp_path: Path) -> None:
    spec = classifier(tmp_path / "mood", {0: "negative", 1: "neutral", 2: "positive"}, says=[3.0, 0.0, 0.0])
    found = analysed({"sentiment": f"{spec}#0=positive,1=neutral,2=negative"})
    moods = [tag for tag in found.tags if tag.tag == "sentiment"]
    assert [(tag.turn, tag.value, tag.quote, tag.model) for tag in moods] == [
        (turn, "1", ANGRY.turns[turn].text, spec) for turn in (0, 2)
    ]
    assert any(tag.tag == "escalation" and tag.model.startswith("turns-") for tag in found.tags)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_the_outcome_is_the_replacements(tmp_path: Path, outcome: str) -> None:
    names = dict(enumerate(reversed(OUTCOMES)))
    spec = classifier(tmp_path / "outcome", names, says=[np.log(7) * (name == outcome) for name in names.values()])
    found = analysed({"resolution": spec})
    assert (found.resolution, found.resolution_confidence) == (outcome, 0.7)
    (tag,) = (tag for tag in found.tags if tag.tag == "resolution")
    assert (tag.turn, tag.value, tag.score, tag.quote, tag.model) == (3, outcome, 0.7, ANGRY.turns[3].text, spec)


def test_of_a_long_conversation_the_outcome_reads_the_end(tmp_path: Path) -> None:
    spec = classifier(tmp_path / "end", {0: "resolved", 1: "unresolved"})
    beginnings = ["thank " * 50 + "my card", "lost " * 50 + "my card"]
    long = [text + " is lost" * 40 for text in beginnings]
    ends = shares("resolution", spec, long)
    assert np.array_equal(ends[0], ends[1])
    starts = shares("escalation", f"{spec}#0=no,1=yes", long)
    assert not np.array_equal(starts[0], starts[1])


def test_the_issue_is_what_the_replacement_calls_one(tmp_path: Path) -> None:
    spec = classifier(tmp_path / "issue", YES_NO)
    talk = Conversation("i", (Turn(Role.CUSTOMER, "thank you. is you. my card is lost. you is you."),))
    sentences = ["thank you.", "is you.", "my card is lost.", "you is you."]
    says = shares("issue", spec, sentences)[:, 1]
    border = float(np.sort(says)[1:3].mean())
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    model = transformers.BertForSequenceClassification.from_pretrained(spec.removeprefix("torch:"))
    model.classifier.bias.data += torch.tensor([np.log(border / (1 - border)), 0.0])
    cut = tmp_path / "cut"
    model.save_pretrained(cut)
    transformers.AutoTokenizer.from_pretrained(spec.removeprefix("torch:")).save_pretrained(cut)
    found = analysed({"issue": f"torch:{cut}"}, talk)
    chosen = [text for text, chance in zip(sentences, says, strict=True) if chance > border]
    assert len(chosen) == 2
    assert found.issue_text == " ".join(chosen)
    stated = [tag for tag in found.tags if tag.tag == "issue"]
    assert {tag.model for tag in stated} == {f"torch:{cut}"}
    assert [tag.score for tag in stated] == pytest.approx(
        shares("issue", f"torch:{cut}", chosen)[:, 1].tolist(), abs=1e-4
    )
    never = classifier(tmp_path / "never", YES_NO, says=[0.0, -0.1])
    assert analysed({"issue": never}, talk).issue_text == ""


@pytest.mark.parametrize(("positions", "longest"), [(64, 512), (600, 40)])
def test_a_text_is_cut_to_what_the_model_takes(tmp_path: Path, positions: int, longest: int) -> None:
    spec = classifier(tmp_path / "short", YES_NO, positions=positions)
    transformers = pytest.importorskip("transformers")
    folder = spec.removeprefix("torch:")
    transformers.AutoTokenizer.from_pretrained(folder, model_max_length=longest).save_pretrained(folder)
    n = min(positions, longest) - 2
    same, other = "lost " * n + "card " * 400, "lost " * (n - 1) + "card " * 400
    found = shares("escalation", spec, ["lost " * n, same, other])
    assert found[0] == pytest.approx(found[1], abs=2e-6)
    assert abs(found[0] - found[2]).max() > 1e-5


def test_models_like_roberta_have_fewer_places(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    classifier(tmp_path / "roberta", YES_NO)
    torch.manual_seed(0)
    config = transformers.RobertaConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=34, pad_token_id=1, type_vocab_size=2, id2label=YES_NO, label2id={"no": 0, "yes": 1},
    )  # fmt: skip
    transformers.RobertaForSequenceClassification(config).save_pretrained(tmp_path / "roberta")
    found = shares("escalation", f"torch:{tmp_path / 'roberta'}", ["lost " * 100])
    assert np.isfinite(found).all()


def test_a_tokenizer_without_padding_reads_texts_one_by_one(tmp_path: Path) -> None:
    spec = classifier(tmp_path / "bare", YES_NO)
    padded = shares("escalation", spec, TEXTS)
    folder = Path(spec.removeprefix("torch:"))
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokenizer.pad_token = None
    bare = tmp_path / "nopad"
    tokenizer.save_pretrained(bare)
    transformers.AutoModelForSequenceClassification.from_pretrained(folder).save_pretrained(bare)
    assert shares("escalation", f"torch:{bare}", TEXTS) == pytest.approx(padded, abs=1e-6)


def test_what_is_no_classifier_with_safe_weights_is_refused(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    with pytest.raises(ModelError, match="cannot be loaded"):
        shares("escalation", f"torch:{tmp_path / 'none'}", TEXTS)

    pickled = Path(classifier(tmp_path / "pickled", YES_NO).removeprefix("torch:"))
    model = transformers.BertForSequenceClassification.from_pretrained(pickled)
    torch.save(model.state_dict(), pickled / "pytorch_model.bin")
    (pickled / "model.safetensors").unlink()
    with pytest.raises(ModelError) as caught:
        shares("escalation", f"torch:{pickled}", TEXTS)
    assert "model.safetensors" in caught.value.hint and "can run code" in caught.value.hint

    headless = Path(classifier(tmp_path / "headless", YES_NO).removeprefix("torch:"))
    model.bert.save_pretrained(headless)
    with pytest.raises(ModelError, match="no trained classifier"):
        shares("escalation", f"torch:{headless}#0=no,1=yes", TEXTS)

    many = Path(classifier(tmp_path / "many", YES_NO).removeprefix("torch:"))
    model.config.problem_type = "multi_label_classification"
    model.save_pretrained(many)
    with pytest.raises(ModelError, match="multi_label"):
        shares("escalation", f"torch:{many}", TEXTS)


def test_a_pipeline_takes_them_keeps_them_and_is_loaded_again(tmp_path: Path) -> None:
    always = classifier(tmp_path / "always", {0: "a", 1: "b"}, says=[9.0, 0.0])
    taggers = {"escalation": f"{always}#0=yes,1=no", "sentiment": f"{always}#0=positive,1=negative"}
    config = TagConfig(read=ReadConfig(doubt=1.0, taggers=taggers))
    calm = Conversation("calm", (Turn(Role.CUSTOMER, "my card is lost"),))
    expected = asdict(analyse(calm, config=config))
    assert expected["escalation"]
    nlp = ti.load(doubt=1.0, taggers=taggers)
    nlp.to_disk(tmp_path / "nlp")
    back = spacy.load(tmp_path / "nlp")
    for pipeline in (nlp, back):
        doc = pipeline(calm)
        assert doc._.ti_risk["escalation"]
        assert {tag["model"] for tag in doc._.ti_risk["tags"]} == {always}
        assert doc._.ti_sentiment["turns"] == list(expected["turns"])
        assert (doc._.ti_resolution["resolution"], doc._.ti_effort["score"]) == (
            expected["resolution"], expected["effort_score"],
        )  # fmt: skip
    stored = DocBin(store_user_data=True, docs=[nlp(calm)]).to_bytes()
    (again,) = DocBin().from_bytes(stored).get_docs(back.vocab)
    assert json.dumps(again._.ti_risk) == json.dumps(doc._.ti_risk)
    assert not ti.load()(calm)._.ti_risk["escalation"]


def test_a_pipeline_refuses_what_cannot_be() -> None:
    with pytest.raises(UsageError, match="effort"):
        ti.load(taggers={"effort": "torch:a/b"})
    with pytest.raises(UsageError, match="doubt"):
        ti.load(doubt=2)
