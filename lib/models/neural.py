"""One network for all activities at once, trained on the beta-binomial likelihood."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logit
from tqdm import tqdm

from lib.features import Design, Features
from lib.models.blend import Blend
from lib.models.forecast import Forecast, Validation
from lib.models.linear import LEAST_RHO, Rate
from lib.storage import Arrays, part, under

if TYPE_CHECKING:
    import torch


class Neural:
    """A small network from the features' leading components to the logits of all activities' means.

    ``NETWORKS`` networks, which differ only in the seed, are trained by AdamW with dropout. Each keeps the weights of
    the epoch with the best log score of the validation posts, and the logits of the networks are averaged. The slope,
    intercept and rho of the average are fitted on the validation posts, because networks overfit the training posts.

    The same seed gives the same weights on the same machine. On another machine the last digits differ.
    """

    NETWORKS = 3
    HIDDEN, LAYERS = 384, 3
    DROPOUT_IN, DROPOUT = 0.2, 0.3
    EPOCHS, BATCH = 25, 256
    RATE, RATE_OF_RHO, DECAY = 1e-3, 1e-2, 0.1

    def __init__(self, components: int = 100, seed: int = 0):
        self.components, self.seed = components, seed

    def fit(self, features: Features, counts: np.ndarray, views: np.ndarray, validation: Validation) -> Neural:
        self.design_ = Design(self.components).fit(features)
        columns = self.design_.transform(features)[:, 1:]
        # The same scale as in the ridge penalty of Linear: the leading column of every block has unit variance.
        spread = np.maximum(columns.std(0), 1e-6) * np.sqrt(self.design_.penalties()[1:])
        self.spread_ = spread * (np.sqrt(np.mean((columns / spread) ** 2)) if columns.size else 1.0)
        posts = self._inputs(features), counts, views
        held = self._inputs(validation.features), validation.counts, validation.views
        start = Rate().fit(counts, views)
        epochs = self.NETWORKS * self.EPOCHS
        bar = tqdm(total=epochs, desc="Training networks", unit=" epochs", delay=2, disable=None)
        with bar, _one_thread():
            trained = [self._train(posts, held, start, self.seed + i, bar) for i in range(self.NETWORKS)]
        self.weights_ = [weights for weights, _ in trained]
        self.rho_ = np.mean([rho for _, rho in trained], axis=0)
        self.blend_ = Blend().fit([self._average(held[0])], validation.counts, validation.views)
        return self

    def predict(self, features: Features) -> Forecast:
        return self.blend_.predict([self._average(self._inputs(features))])

    def arrays(self) -> Arrays:
        """The fitted model in the form of :mod:`lib.storage.arrays`."""
        stored = {"spread": self.spread_, "rho": self.rho_}
        stored |= under("design", self.design_.arrays()) | under("blend", self.blend_.arrays())
        for i, weights in enumerate(self.weights_):
            stored |= under(f"network/{i}", weights)
        return stored

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Neural:
        """The model whose :meth:`arrays` these are."""
        design = Design.from_arrays(part("design", arrays))
        model = cls(design.components)
        model.design_, model.blend_ = design, Blend.from_arrays(part("blend", arrays))
        model.spread_, model.rho_ = arrays["spread"], arrays["rho"]
        networks = sorted({int(key.split("/")[1]) for key in arrays if key.startswith("network/")})
        model.weights_ = [part(f"network/{i}", arrays) for i in networks]
        return model

    def _inputs(self, features: Features) -> np.ndarray:
        columns = self.design_.transform(features)[:, 1:] / self.spread_
        return columns if columns.shape[1] else np.zeros((len(columns), 1))  # no feature varies in this feed

    def _average(self, inputs: np.ndarray) -> Forecast:
        """The networks' average on the logit scale."""
        import torch

        x = torch.as_tensor(inputs, dtype=torch.float32)
        total = 0.0
        with torch.inference_mode():
            for weights in self.weights_:
                network = self._network(x.shape[1], len(self.rho_))
                network.load_state_dict({key: torch.as_tensor(values.copy()) for key, values in weights.items()})
                total = total + network.eval()(x).double()
        return Forecast(torch.sigmoid(total / len(self.weights_)).numpy(), self.rho_)

    def _network(self, inputs: int, outputs: int) -> torch.nn.Sequential:
        from torch import nn

        widths = [inputs] + [self.HIDDEN] * self.LAYERS
        layers = [nn.Dropout(self.DROPOUT_IN)]
        for before, after in itertools.pairwise(widths):
            layers += [nn.Linear(before, after), nn.GELU(), nn.Dropout(self.DROPOUT)]
        return nn.Sequential(*layers, nn.Linear(widths[-1], outputs))

    def _train(self, posts, held, start: Rate, seed: int, bar: tqdm) -> tuple[Arrays, np.ndarray]:
        """Weights of one network at its best epoch, and rho (a,) at that epoch."""
        import torch

        device = "cuda" if torch.cuda.is_available() else "cpu"
        x, k, n = _tensors(*posts, device)
        held_x, held_k, held_n = _tensors(*held, device)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            network = self._network(x.shape[1], k.shape[1])
            torch.nn.init.zeros_(network[-1].weight)
            with torch.no_grad():
                network[-1].bias.copy_(torch.as_tensor(logit(start.mean_)))
            network.to(device)
            rho = np.maximum(start.rho_, LEAST_RHO)
            theta = torch.tensor(np.log1p(-rho) - np.log(rho), device=device, requires_grad=True)
            groups = [
                {"params": network.parameters(), "lr": self.RATE, "weight_decay": self.DECAY},
                {"params": [theta], "lr": self.RATE_OF_RHO, "weight_decay": 0.0},
            ]
            optimizer = torch.optim.AdamW(groups)
            steps = self.EPOCHS * math.ceil(len(x) / self.BATCH)
            rates = [group["lr"] for group in groups]
            schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=steps, pct_start=0.1)
            best, kept = math.inf, None
            for _ in range(self.EPOCHS):
                network.train()
                for rows in torch.randperm(len(x)).to(device).split(self.BATCH):
                    optimizer.zero_grad()
                    loss(network(x[rows]), theta, k[rows], n[rows]).backward()
                    optimizer.step()
                    schedule.step()
                network.eval()
                with torch.no_grad():
                    value = loss(network(held_x), theta, held_k, held_n).item()
                if value < best:
                    best, rho = value, torch.sigmoid(-theta).detach().cpu().numpy().copy()
                    kept = {key: values.cpu().numpy().copy() for key, values in network.state_dict().items()}
                bar.update()
        if kept is None:
            raise FloatingPointError("the network's likelihood is not a number; the features may contain infinities")
        return kept, rho


@contextmanager
def _one_thread() -> Iterator[None]:
    """Limit torch to one thread: matrices this small are no faster on two cores, and many times slower on busy ones."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def loss(eta: torch.Tensor, theta: torch.Tensor, k: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
    """Mean negative beta-binomial log-likelihood, without the binomial coefficients.

    Parameters
    ----------
    eta
        (b, a) logits of the means.
    theta
        (a,) log((1 - rho) / rho).
    k, n
        Counts (b, a) and views (b, 1), float64. Log-gammas of millions are subtracted from one another here, which
        leaves about eight digits. That is enough for a gradient; scores are computed elsewhere.
    """
    import torch

    total = theta.double().exp()
    a, b = torch.sigmoid(eta.double()) * total, torch.sigmoid(-eta.double()) * total
    a, b = a.clamp_min(1e-12), b.clamp_min(1e-12)
    lgamma = torch.lgamma
    value = lgamma(k + a) - lgamma(a) + lgamma(n - k + b) - lgamma(b) - lgamma(n + total) + lgamma(total)
    return -value.mean()


def _tensors(inputs: np.ndarray, counts: np.ndarray, views: np.ndarray, device: str):
    import torch

    x = torch.as_tensor(inputs, dtype=torch.float32, device=device)
    k = torch.as_tensor(counts, dtype=torch.float64, device=device)
    return x, k, torch.as_tensor(views, dtype=torch.float64, device=device)[:, None]
