"""From the vectors of a text's tokens to one vector: the poolings, and the layers that may follow."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from lib.embedding.modules import Step, refuse


def pool(kind: str, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Vectors (b, d) from the vectors of tokens (b, t, d), where a mask (b, t) of 0 and 1 marks the tokens that count.

    Parameters
    ----------
    kind
        A key of :data:`lib.embedding.modules.POOLINGS`.
    """
    rows = torch.arange(len(hidden), device=hidden.device)
    if kind == "cls":
        return hidden[rows, mask.argmax(1)]
    if kind == "lasttoken":
        return hidden[rows, hidden.shape[1] - 1 - mask.flip(1).argmax(1)]
    if kind == "max":
        return hidden.masked_fill(mask[..., None] == 0, -torch.inf).amax(1)
    weight = mask.to(hidden.dtype)
    if kind == "weightedmean":
        weight = weight * torch.arange(1, hidden.shape[1] + 1, device=hidden.device)
    total = weight.sum(1, keepdim=True)
    return (hidden * weight[..., None]).sum(1) / (total.sqrt() if kind == "mean_sqrt_len_tokens" else total)


class Normalise(nn.Module):
    """Scales vectors to length one."""

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        return nn.functional.normalize(vectors)


def layers(folder: Path, steps: Iterable[Step], model: str) -> nn.Module:
    """The steps after the pooling, as one module. Weights are read in the safetensors format only.

    Parameters
    ----------
    model
        The name of the model, for messages.

    Raises
    ------
    ValueError
        If the weights of a step are missing, or have another shape than its settings say.
    """
    parts: list[nn.Module] = []
    for step in steps:
        if step.kind == "Normalize":
            parts.append(Normalise())
            continue
        settings = dict(step.settings)
        if step.kind == "Dense":
            layer = nn.Linear(settings["in_features"], settings["out_features"], settings["bias"])
            name, after = "linear", [getattr(nn, settings["activation_function"])()]
        else:
            layer, name, after = nn.LayerNorm(settings["dimension"]), "norm", []
        try:
            weights = load_file(folder / step.path / "model.safetensors")
            layer.load_state_dict({key.removeprefix(f"{name}."): values for key, values in weights.items()})
        except (OSError, SafetensorError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:120]
            refuse(model, f"the weights of {step.kind} ({step.path}/model.safetensors) can't be loaded: {reason}")
        parts += [layer.float(), *after]
    return nn.Sequential(*parts).eval().requires_grad_(False)
