"""The turn model in torch with the weights that ship: the twin of `encode.turns`, for a GPU or further training."""

from __future__ import annotations

from pathlib import Path

from textinsight.encode.network import TurnNetwork

WEIGHTS = "weights.safetensors"


def load_twin(folder: Path) -> TurnNetwork:
    """The network with the weights in `folder`. The int8 graph rounds activations too: vectors are within a cosine of
    .98, chances of turns apart as docs/tags.md says (the test allows .02 on average).
    """
    from safetensors.torch import load_file

    tensors = load_file(folder / WEIGHTS)
    network = TurnNetwork(len(tensors["judge.bias"]))
    weights = {}
    for name, value in network.state_dict().items():
        if name in tensors:
            weights[name] = tensors[name]
        elif name == "words.weight":
            weights[name] = tensors[f"{name}_quantized"].float() * tensors[f"{name}_scale"]
        else:
            scaled = tensors[f"{name}_quantized"].float() * tensors[f"{name}_scale"]
            weights[name] = scaled.T.contiguous().reshape(value.shape)
    network.load_state_dict(weights)
    network.eval()
    return network
