"""Training of the turn model: the mean of several stages."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.torch


def test_the_mean_of_stages_is_the_mean_of_each_weight(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    from textinsight.encode.network import TurnNetwork
    from textinsight.learn.train_turns import mean_network
    from textinsight.tag.labels import LABELS, WHOLE

    states = []
    for seed in range(2):
        torch.manual_seed(seed)
        states.append(
            {name: one.contiguous() for name, one in TurnNetwork(len(LABELS) + len(WHOLE)).state_dict().items()}
        )
        save_file(states[-1], tmp_path / f"{seed}.safetensors")
    mean = mean_network([tmp_path / "0.safetensors", tmp_path / "1.safetensors"]).state_dict()
    assert all(torch.allclose(mean[name], (states[0][name] + states[1][name]) / 2, atol=1e-6) for name in mean)
    alone = mean_network([tmp_path / "1.safetensors"]).state_dict()
    assert all(torch.equal(alone[name], states[1][name]) for name in alone)
    with pytest.raises(ValueError, match="no checkpoint"):
        mean_network([])


def test_an_address_is_learnt_as_it_is_read() -> None:
    pytest.importorskip("torch")
    from tokenizers import Tokenizer

    from textinsight.learn.train_turns import Reader
    from textinsight.learn.turn_data import alone
    from textinsight.resources import model_path

    reader = Reader(Tokenizer.from_file(str(model_path("turns-en") / "tokenizer.json")))
    spelt, marked = (reader([alone(f"no parcel {link}", ())]).ids for link in ("https://t.co/KET6EGD1an", "<LINK>"))
    assert spelt.equal(marked)
