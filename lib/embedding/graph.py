"""Photo networks on a CPU by OpenVINO, which fits a network's graph to the processor: ``bench/embedding.py`` says how
much faster that is than torch."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np

from lib.embedding.encoder import Forward

if TYPE_CHECKING:
    from torch import nn


def on_openvino(network: nn.Module, side: int, mean: Sequence[float], std: Sequence[float]) -> Forward:
    """A forward pass in float32 that uses all cores. Each photo is computed alone, so a vector depends on no other.

    Parameters
    ----------
    network
        Maps (1, 3, side, side) float32 to one array.
    mean, std
        The input of the network is (pixel - mean) / std for each channel.

    Returns
    -------
    Forward
        Maps b photos (side, side, 3) uint8 to vectors (b, dim) float32, the arrays flattened.
    """
    import torch

    sys.modules.setdefault("openvino_telemetry", None)  # its package to report use over the network: not wanted
    import openvino
    from openvino.preprocess import PrePostProcessor

    example = torch.zeros(1, 3, side, side)
    with torch.inference_mode():
        traced = torch.jit.trace(network, example, check_trace=False)  # the check takes longer than all the rest
    whole = PrePostProcessor(openvino.convert_model(traced, example_input=example, input=[1, 3, side, side]))
    photo = whole.input()
    photo.tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    photo.preprocess().convert_element_type(openvino.Type.f32).mean(list(mean)).scale(list(std))
    photo.model().set_layout(openvino.Layout("NCHW"))
    settings = {
        "PERFORMANCE_HINT": "THROUGHPUT",
        "INFERENCE_PRECISION_HINT": "f32",
        "INFERENCE_NUM_THREADS": joblib.cpu_count(),
        "ENABLE_CPU_PINNING": False,  # processes side by side would all take the first cores
    }
    model = openvino.compile_model(whole.build(), "CPU", settings)
    at_once = model.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")

    def forward(samples: list[np.ndarray]) -> np.ndarray:
        # Without callbacks in Python: one may still wait for Python's lock when the model is freed, and whoever frees
        # the model holds the lock and waits for the callback.
        requests = [model.create_infer_request() for _ in range(min(at_once, len(samples)))]
        going: deque[Any] = deque()
        found = []

        def read() -> None:
            request = going.popleft()
            request.wait()
            found.append(request.get_output_tensor().data.flatten())

        for pixels, request in zip(samples, cycle(requests)):
            if len(going) == len(requests):
                read()
            request.start_async(pixels[None])
            going.append(request)
        while going:
            read()
        return np.stack(found)

    return forward
