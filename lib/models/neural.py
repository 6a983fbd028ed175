"""One network for all activities at once, trained on the beta-binomial likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import expit, ndtr
from tqdm import tqdm

from lib.features import Design, Features
from lib.models.blend import Blend, rho_at, shifted
from lib.models.crossfit import Fold
from lib.models.forecast import Forecast
from lib.models.scoring import log_score
from lib.models.training import Recipe, beta_binomial_loss, fit_network
from lib.storage import Arrays, part, under

if TYPE_CHECKING:
    from lib.models.dense import Dense


class Neural:
    """A small network from the features' leading components to the logits of all activities' means.

    ``NETWORKS`` networks are trained by AdamW with dropout, and their logits are averaged. The first sees all
    components of a block, and each other half as many as the one before it: which number is best depends on the feed,
    and networks that differ make a better average. The final networks keep the weights of the epoch whose cross-fitted
    log score is best; posts held out are forecast by the networks at the epoch that is best for the other folds. The
    average is calibrated by a :class:`Blend` of one model.

    It is trained on the CPU: so small a network in so small batches hardly gains by a GPU, and a CPU is exact. The same
    seed gives the same weights on the same machine. On another machine the last digits differ.
    """

    NETWORKS = 3
    HIDDEN, LAYERS = 384, 3
    DROPOUT_IN, DROPOUT = 0.2, 0.3
    EPOCHS, BATCH = 25, 256
    RATE, RATE_OF_RHO, DECAY = 1e-3, 1e-2, 0.1

    def __init__(self, components: int = 100, seed: int = 0):
        self.components, self.seed, self.loss = components, seed, beta_binomial_loss

    def fit(self, features: Features, counts: np.ndarray, views: np.ndarray, folds: Sequence[Fold]) -> Neural:
        self.design_ = Design(self.components).fit(features)
        columns = self.design_.transform(features)[:, 1:]
        # The same scale as in the ridge penalty of Linear: the leading column of every block has unit variance.
        spread = np.maximum(columns.std(0), 1e-6) * np.sqrt(self.design_.penalties()[1:])
        self.spread_ = spread * (np.sqrt(np.mean((columns / spread) ** 2)) if columns.size else 1.0)
        inputs = self._inputs(features)
        total = (len(folds) + 1) * self.NETWORKS * self.EPOCHS
        with tqdm(total=total, desc="Training networks", unit=" epochs", delay=2, disable=None) as bar:

            def train(posts: np.ndarray, held: np.ndarray, last: int) -> list[_Trained]:
                data = counts[posts], views[posts]
                return [self._train(x[posts], *data, x[held], last, self.seed + i, bar) for i, x in enumerate(inputs)]

            epochs = np.empty((self.EPOCHS, *counts.shape))  # cross-fitted logits at each epoch
            for fitted, held in folds:
                epochs[:, held] = np.mean([one.logits for one in train(fitted, held, self.EPOCHS)], axis=0)
            score = np.array([_shifted_score(logits, counts, views) for logits in epochs])
            raw = np.empty(counts.shape)
            for fitted, held in folds:
                raw[held] = epochs[score[:, fitted].sum(1).argmax(), held]
            trained = train(np.arange(len(views)), np.arange(0), int(score.sum(1).argmax()) + 1)
        self.weights_ = [one.weights for one in trained]
        raw = [Forecast(expit(raw), np.zeros(1))]
        self.blend_ = Blend().fit(raw, counts, views)
        self.cross_fitted_ = Blend().cross_fit(raw, counts, views, folds)
        return self

    def predict(self, features: Features) -> Forecast:
        return self.blend_.predict([self._average(self._inputs(features))])

    def arrays(self) -> Arrays:
        """The fitted model in the form of :mod:`lib.storage.arrays`."""
        stored = {"spread": self.spread_} | under("design", self.design_.arrays())
        stored |= under("blend", self.blend_.arrays())
        for i, weights in enumerate(self.weights_):
            stored |= under(f"network/{i}", weights)
        return stored

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Neural:
        """The model whose :meth:`arrays` these are."""
        design = Design.from_arrays(part("design", arrays))
        model = cls(design.components)
        model.design_, model.blend_ = design, Blend.from_arrays(part("blend", arrays))
        model.spread_ = arrays["spread"]
        networks = sorted({int(key.split("/")[1]) for key in arrays if key.startswith("network/")})
        model.weights_ = [part(f"network/{i}", arrays) for i in networks]
        return model

    def _inputs(self, features: Features) -> list[np.ndarray]:
        """What each network sees of n posts, (n, p)."""
        columns = self.design_.transform(features)[:, 1:] / self.spread_
        if not columns.shape[1]:  # no feature varies in this feed
            return [np.zeros((len(columns), 1))] * self.NETWORKS
        numbers = [max(1, self.components // 2**i) for i in range(self.NETWORKS)]
        return [columns[:, self.design_.leading(number)[1:]] for number in numbers]

    def _average(self, inputs: Sequence[np.ndarray]) -> Forecast:
        """The networks' average on the logit scale, without torch, whose import takes longer than a forecast."""
        seen = zip(self.weights_, inputs, strict=True)
        logits = [_logits(weights, x.astype(np.float32)) for weights, x in seen]
        return Forecast(expit(np.mean(logits, axis=0, dtype=float)), np.zeros(1))

    def _network(self, inputs: int, outputs: int) -> Dense:
        from lib.models.dense import Dense

        return Dense([inputs] + [self.HIDDEN] * self.LAYERS, outputs, self.DROPOUT_IN, self.DROPOUT)

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

        x, x_held = (torch.as_tensor(values, dtype=torch.float32) for values in (inputs, held))
        logits = []

        def note(network: Dense) -> None:
            with torch.no_grad():
                logits.append(network(x_held).double().numpy())
            bar.update()

        network = fit_network(
            lambda: self._network(x.shape[1], counts.shape[1]),
            lambda rows, training: (x[rows],),
            counts,
            views,
            Recipe(self.EPOCHS, self.BATCH, self.RATE, rate_of_rho=self.RATE_OF_RHO, decay=self.DECAY),
            seed,
            stop=last,
            loss=self.loss,
            each_epoch=note,
        )
        return _Trained({key: values.numpy() for key, values in network.state_dict().items()}, np.array(logits))


def _logits(weights: Arrays, x: np.ndarray) -> np.ndarray:
    """Output of a network of :meth:`Neural._network` with these weights, without dropout."""
    layers = sorted({key.split(".")[0] for key in weights}, key=int)
    for at, layer in enumerate(layers):
        weight, bias = weights[f"{layer}.weight"], weights[f"{layer}.bias"]
        if weight.shape != (*bias.shape, x.shape[1]):
            raise ValueError(f"layer {layer} of the network has weights {weight.shape} for {x.shape[1]} numbers")
        x = x @ weight.T + bias
        x = x * ndtr(x) if at + 1 < len(layers) else x  # GELU
    return x


class _Trained(NamedTuple):
    """Weights of a network, and logits (epochs, m, a) of the m posts held out."""

    weights: Arrays
    logits: np.ndarray


def _shifted_score(logits: np.ndarray, counts: np.ndarray, views: np.ndarray) -> np.ndarray:
    """Log scores (n,), summed over the activities, of logits (n, a) after a shift and with a fitted rho."""
    found = [shifted(logits[:, a], counts[:, a], views) for a in range(counts.shape[1])]
    moved = logits + [of.shift for of in found]
    rho = rho_at(moved, np.column_stack([of.dispersion for of in found]))
    return log_score(counts, views, Forecast(expit(moved), rho)).sum(1)
