"""Training of the intent encoder: what is read, the loss counted by hand, and the exported graph beside torch."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import numpy as np
import pytest

from textinsight.errors import UsageError
from textinsight.learn.intent_data import read_domain, written


def _write(path: Path, rows: list[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)


def test_test_rows_acts_and_doubtful_labels_are_left_out(tmp_path: Path) -> None:
    rows = [{"text": "a b c", "intent": "one", "split": split} for split in ("train", "val", "test", "oos_train")]
    _write(tmp_path / "intents" / "clinc150.jsonl", rows)
    assert read_domain(tmp_path, "clinc150") == [("a b c", "one")] * 2
    intents = ("openinggreeting", "bookflight", "book flight", "a<b", "")
    _write(tmp_path / "intents" / "multidogo_airline.jsonl", [{"text": "a b c", "intent": i} for i in intents])
    assert read_domain(tmp_path, "multidogo_airline") == [("a b c", "bookflight")]


def test_of_star_the_first_words_of_single_tasks_are_taken(tmp_path: Path) -> None:
    turns = [{"role": "agent", "text": "hello"}, {"role": "customer", "text": "I want to book a ride"}]
    row = {"turns": turns, "multi_task": False, "reasons": ["ride_book"]}
    _write(tmp_path / "star" / "contacts.jsonl.gz", [row, row | {"multi_task": True}, row | {"turns": turns[:1]}])
    assert read_domain(tmp_path, "star") == [("I want to book a ride", "ride_book")]


def test_written_requests_are_whole_and_finely_parted() -> None:
    assert {"bank", "airline", "parcel"} <= set(written())
    for name in written():
        rows = read_domain(Path("absent"), name)
        texts = [text for text, _ in rows]
        assert len(set(texts)) == len(texts), name
        assert min(len(text.split()) for text in texts) >= 3, name
        assert len({reason for _, reason in rows}) >= 30, name


@pytest.mark.torch
def test_half_of_the_steps_draw_neighbours() -> None:
    pytest.importorskip("torch")
    from textinsight.learn.train_intents import IntentConfig, _drawn, pool_of

    angles = np.linspace(0, np.pi, 12)
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).repeat(2, axis=0)
    by_intent = {f"{i:02}": [2 * i, 2 * i + 1] for i in range(12)}
    pool = pool_of(by_intent, vectors, IntentConfig())
    few = IntentConfig(coarse=0.5, written=0.2)  # twelve intents are coarse
    assert pool_of(by_intent, vectors, few).weight == pytest.approx(0.5 * np.sqrt(12))
    assert pool_of(by_intent, vectors, few, ours=True).weight == pytest.approx(0.2 * np.sqrt(12))
    assert pool.nearest["00"][:4] == ["00", "01", "02", "03"]
    draw = random.Random(1)
    texts, intents = _drawn(pool, draw, IntentConfig(intents=4, each=2, hard=1.0))
    assert intents == [0, 0, 1, 1, 2, 2, 3, 3]
    drawn = sorted({text // 2 for text in texts})
    assert any(drawn[at + 2] - drawn[at] == 2 for at in (0, 1))  # three neighbours in a row, one from anywhere
    spread = [_drawn(pool, draw, IntentConfig(intents=4, each=2, hard=0.0))[0] for _ in range(20)]
    assert len({tuple(sorted(text // 2 for text in row)) for row in spread}) > 10


def test_an_absent_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="absent"):
        read_domain(tmp_path, "natcs")


@pytest.mark.torch
def test_the_loss_by_hand() -> None:
    torch = pytest.importorskip("torch")
    from textinsight.learn.train_intents import IntentConfig, contrast

    vectors = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    config = IntentConfig(temperature=1.0, keep=2.0)
    # Texts 0 and 1 are one intent: each finds the other with odds e^1 against e^0 of text 2.
    together = -np.log(np.e / (np.e + 1))
    assert float(contrast(vectors, vectors, torch.tensor([0, 0, 1]), config)) == pytest.approx(together, abs=1e-6)
    # Before, text 2 had a cosine of 1 to both others: all four cosines between intents moved by 1.
    before = torch.tensor([[1.0, 0.0]] * 3)
    moved = float(contrast(vectors, before, torch.tensor([0, 0, 1]), config))
    assert moved == pytest.approx(together + 2.0 * 1.0, abs=1e-6)


@pytest.mark.torch
def test_the_exported_graph_follows_the_network(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from textinsight.encode.intents import IntentEncoder
    from textinsight.encode.network import TurnNetwork
    from textinsight.learn.train_intents import IntentConfig, IntentNetwork, States, fit_axes, pool_of, save, train
    from textinsight.resources import data_path

    torch.manual_seed(3)
    config = IntentConfig(steps=2, dimension=16, intents=2, each=2, frozen=1, warm_up=1)
    network = IntentNetwork(TurnNetwork(1, layers=2), config.dimension).eval()
    rows = np.random.default_rng(0).normal(size=(40, 384)).astype(np.float16)
    vectors = np.asarray(rows[::5] / np.linalg.norm(rows[::5].astype(np.float32), axis=1, keepdims=True), np.float32)
    states = States({str(i): i for i in range(8)}, rows, np.arange(0, 41, 5), vectors)
    frozen = network.layers[0].up.weight.detach().clone()
    trained = network.layers[1].up.weight.detach().clone()
    train(network, states, [pool_of({"a": [0, 1, 2, 3], "b": [4, 5, 6, 7]}, vectors, config)], config)
    assert torch.equal(frozen, network.layers[0].up.weight)
    assert not torch.equal(trained, network.layers[1].up.weight)
    fit_axes(network, states, config)
    base = tmp_path / "base"
    base.mkdir()
    (base / "tokenizer.json").write_bytes(data_path("models", "intents-en", "tokenizer.json").read_bytes())
    (base / "model.safetensors").write_bytes(b"")
    save(network, base, tmp_path / "out", config, ["natcs"])
    encoder = IntentEncoder(tmp_path / "out")
    texts = ["my parcel is late", "please cancel the contract", "hello"]
    ids = [encoder._tokenizer.encode(text).ids for text in texts]
    with torch.inference_mode():
        wanted = [network(torch.tensor([row]))[0].numpy() for row in ids]
    for vector, want in zip(encoder.encode(texts), wanted, strict=True):
        assert vector @ want / np.linalg.norm(want) > 0.98
