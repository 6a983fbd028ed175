"""One network for all activities at once, trained on the beta-binomial likelihood."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import expit, logit, ndtr
from tqdm import tqdm

from lib.features import Design, Features
from lib.models.blend import LEAST_RHO, Blend, shifted
from lib.models.crossfit import Fold
from lib.models.forecast import Forecast
from lib.models.linear import Rate
from lib.models.scoring import log_score
from lib.storage import Arrays, part, under

if TYPE_CHECKING:
    import torch


class Neural:
    """A small network from the features' leading components to the logits of all activities' means.

    ``NETWORKS`` networks, which differ only in the seed, are trained by AdamW with dropout, and their logits are
    averaged. The final networks keep the weights of the epoch whose cross-fitted log score is best; posts held out are
    forecast by the networks at the epoch that is best for the other folds. The average is calibrated by a
    :class:`Blend` of one model.

    It is trained on the CPU: so small a network in so small batches hardly gains by a GPU, and a CPU is exact. The same
    seed gives the same weights on the same machine. On another machine the last digits differ.
    """

    NETWORKS = 3
    HIDDEN, LAYERS = 384, 3
    DROPOUT_IN, DROPOUT = 0.2, 0.3
    EPOCHS, BATCH = 25, 256
    RATE, RATE_OF_RHO, DECAY = 1e-3, 1e-2, 0.1

    def __init__(self, components: int = 100, seed: int = 0):
        self.components, self.seed, self.loss = components, seed, loss

    def fit(self, features: Features, counts: np.ndarray, views: np.ndarray, folds: Sequence[Fold]) -> Neural:
        self.design_ = Design(self.components).fit(features)
        columns = self.design_.transform(features)[:, 1:]
        # The same scale as in the ridge penalty of Linear: the leading column of every block has unit variance.
        spread = np.maximum(columns.std(0), 1e-6) * np.sqrt(self.design_.penalties()[1:])
        self.spread_ = spread * (np.sqrt(np.mean((columns / spread) ** 2)) if columns.size else 1.0)
        inputs = self._inputs(features)
        total = (len(folds) + 1) * self.NETWORKS * self.EPOCHS
        with tqdm(total=total, desc="Training networks", unit=" epochs", delay=2, disable=None) as bar, _one_thread():

            def train(posts: np.ndarray, held: np.ndarray, last: int) -> list[_Trained]:
                data = inputs[posts], counts[posts], views[posts]
                return [self._train(*data, inputs[held], last, self.seed + i, bar) for i in range(self.NETWORKS)]

            epochs = np.empty((self.EPOCHS, *counts.shape))  # cross-fitted logits at each epoch
            for fitted, held in folds:
                epochs[:, held] = np.mean([one.logits for one in train(fitted, held, self.EPOCHS)], axis=0)
            score = np.array([_shifted_score(logits, counts, views) for logits in epochs])
            raw = np.empty(counts.shape)
            for fitted, held in folds:
                raw[held] = epochs[score[:, fitted].sum(1).argmax(), held]
            trained = train(np.arange(len(inputs)), np.arange(0), int(score.sum(1).argmax()) + 1)
        self.weights_ = [one.weights for one in trained]
        self.rho_ = np.mean([one.rho for one in trained], axis=0)
        raw = [Forecast(expit(raw), self.rho_)]
        self.blend_ = Blend().fit(raw, counts, views)
        self.cross_fitted_ = Blend().cross_fit(raw, counts, views, folds)
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
        """The networks' average on the logit scale, without torch, whose import takes longer than a forecast."""
        logits = [_logits(weights, inputs.astype(np.float32)) for weights in self.weights_]
        return Forecast(expit(np.mean(logits, axis=0, dtype=float)), self.rho_)

    def _network(self, inputs: int, outputs: int) -> torch.nn.Sequential:
        from torch import nn

        widths = [inputs] + [self.HIDDEN] * self.LAYERS
        layers = [nn.Dropout(self.DROPOUT_IN)]
        for before, after in itertools.pairwise(widths):
            layers += [nn.Linear(before, after), nn.GELU(), nn.Dropout(self.DROPOUT)]
        return nn.Sequential(*layers, nn.Linear(widths[-1], outputs))

    def _train(
        self,
        inputs: np.ndarray,
        counts: np.ndarray,
        views: np.ndarray,
        held: np.ndarray,
        last: int,
        seed: int,
        bar: tqdm,
    ) -> _Trained:
        """A network after the epoch ``last``, with the logits of the posts held out after each epoch."""
        import torch

        start = Rate().fit(counts, views)
        x, k, n = _tensors(inputs, counts, views)
        x_held = torch.as_tensor(held, dtype=torch.float32)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = self._network(x.shape[1], k.shape[1])
            torch.nn.init.zeros_(network[-1].weight)
            with torch.no_grad():
                network[-1].bias.copy_(torch.as_tensor(logit(start.mean_)))
            rho = np.maximum(start.rho_, LEAST_RHO)
            theta = torch.tensor(np.log1p(-rho) - np.log(rho), requires_grad=True)
            groups = [
                {"params": network.parameters(), "lr": self.RATE, "weight_decay": self.DECAY},
                {"params": [theta], "lr": self.RATE_OF_RHO, "weight_decay": 0.0},
            ]
            optimizer = torch.optim.AdamW(groups)
            steps = self.EPOCHS * math.ceil(len(x) / self.BATCH)
            rates = [group["lr"] for group in groups]
            schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=steps, pct_start=0.1)
            logits = []
            for _ in range(last):
                network.train()
                for rows in torch.randperm(len(x)).split(self.BATCH):
                    optimizer.zero_grad()
                    self.loss(network(x[rows]), theta, k[rows], n[rows]).backward()
                    optimizer.step()
                    schedule.step()
                network.eval()
                with torch.no_grad():
                    logits.append(network(x_held).double().cpu().numpy())
                bar.update()
        weights = {key: values.cpu().numpy() for key, values in network.state_dict().items()}
        if not all(np.isfinite(values).all() for values in weights.values()):
            raise FloatingPointError("the network's likelihood is not a number; the features may contain infinities")
        return _Trained(weights, torch.sigmoid(-theta).detach().cpu().numpy(), np.array(logits))


def _logits(weights: Arrays, x: np.ndarray) -> np.ndarray:
    """Output of a network of :meth:`Neural._network` with these weights, without dropout."""
    *hidden, last = sorted({key.split(".")[0] for key in weights}, key=int)
    for layer in hidden:
        x = x @ weights[f"{layer}.weight"].T + weights[f"{layer}.bias"]
        x = x * ndtr(x)  # GELU
    return x @ weights[f"{last}.weight"].T + weights[f"{last}.bias"]


class _Trained(NamedTuple):
    """Weights of a network, rho (a,), and logits (epochs, m, a) of the m posts held out."""

    weights: Arrays
    rho: np.ndarray
    logits: np.ndarray


def _shifted_score(logits: np.ndarray, counts: np.ndarray, views: np.ndarray) -> np.ndarray:
    """Log scores (n,), summed over the activities, of logits (n, a) after a shift and with a fitted rho."""
    found = [shifted(logits[:, a], counts[:, a], views) for a in range(counts.shape[1])]
    mean = expit(logits + [of.shift for of in found])
    return log_score(counts, views, Forecast(mean, np.array([of.rho for of in found]))).sum(1)


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
    """Mean of the negative :func:`log_likelihood`."""
    return -log_likelihood(eta, theta, k, n).mean()


def log_likelihood(eta: torch.Tensor, theta: torch.Tensor, k: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
    """Beta-binomial log-likelihood (b, a), without the binomial coefficients.

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
    return lgamma(k + a) - lgamma(a) + lgamma(n - k + b) - lgamma(b) - lgamma(n + total) + lgamma(total)


def _tensors(inputs: np.ndarray, counts: np.ndarray, views: np.ndarray):
    import torch

    x = torch.as_tensor(inputs, dtype=torch.float32)
    k = torch.as_tensor(counts, dtype=torch.float64)
    return x, k, torch.as_tensor(views, dtype=torch.float64)[:, None]
