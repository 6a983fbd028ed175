"""The training loop of networks: the likelihood of all activities as the loss, and a fixed number of steps."""

from __future__ import annotations

import io
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit, logit
from tqdm import tqdm

from lib.models.blend import LEAST_RHO, Blend
from lib.models.crossfit import Fold
from lib.models.forecast import Forecast
from lib.models.linear import Rate
from lib.storage import make_folder, write_whole

if TYPE_CHECKING:
    import torch

Inputs = Callable[[np.ndarray, bool], tuple]  # positions of posts, whether they are trained on: a network's inputs


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes
    ----------
    epochs
        How often it sees each post. There is no early stopping: no post decides when a network is ready.
    most_steps
        The largest number of steps, whatever the number of posts; by default, what the epochs take.
    batch
        Posts in a step.
    rate, slower
        The largest learning rate of what starts from random weights, and its factor from each layer of
        ``network.layers()`` to the next.
    tuned
        A further factor of the rate of pretrained layers.
    rate_of_rho
        The learning rate of rho.
    decay
        Weight decay.
    """

    epochs: int
    batch: int = 64
    rate: float = 1e-3
    slower: float = 1.0
    tuned: float = 1.0
    rate_of_rho: float = 1e-2
    decay: float = 0.1
    most_steps: int = sys.maxsize

    def rate_at(self, depth: int) -> float:
        """The largest learning rate of a layer of ``network.layers()``; only the first starts from random weights."""
        return self.rate * self.slower**depth * (self.tuned if depth else 1)

    def steps(self, posts: int) -> int:
        return min(self.most_steps, self.epochs * math.ceil(posts / self.batch))


@dataclass(frozen=True)
class Trained:
    """What a network of our own forecasts, and what it cost.

    Attributes
    ----------
    forecast
        Of all posts: a training post by the network that did not see it, another by the mean of the networks' logits.
    weights
        The number of trained weights of one network.
    seconds
        Processor time of this process for all networks, in seconds; on a GPU, time.
    device
        Where it was trained.
    """

    forecast: Forecast
    weights: int
    seconds: float
    device: str


def cross_train(
    build: Callable[[], torch.nn.Module],
    inputs: Inputs,
    counts: np.ndarray,
    views: np.ndarray,
    train: np.ndarray,
    folds: Sequence[Fold],
    recipe: Recipe,
    seed: int = 0,
    device: str = "cpu",
    checkpoints: Path | None = None,
) -> Trained:
    """Train a network without each fold in turn, and forecast all posts.

    A training post is forecast by the network that was trained without it, and any other post by the mean of all
    networks' logits. The logits of the training posts calibrate both, as a :class:`Blend` of one model.

    Parameters
    ----------
    build
        Makes the network, whose random weights the seed decides: see :class:`lib.models.networks.Towers`.
    inputs
        Gives the network's inputs for positions among all posts.
    counts, views
        (n, a) and (n,) of all posts; those of the training posts are used.
    train
        (m,) positions of the training posts.
    folds
        Of the training posts, as positions in ``train``.
    checkpoints
        A folder; a run that was killed goes on from its last whole epoch.
    """
    clock = time.process_time if device == "cpu" else time.monotonic
    start, others = clock(), np.setdiff1d(np.arange(len(views)), train)
    raw, weights = np.zeros(counts.shape), 0
    steps = sum(recipe.steps(len(fitted)) for fitted, _ in folds)
    with tqdm(total=steps, desc="Training our own network", unit=" steps", delay=2, disable=None) as bar:
        for at, (fitted, held) in enumerate(folds):
            kept = checkpoints and checkpoints / f"fold-{at}.pt"
            data = counts[train[fitted]], views[train[fitted]]
            network = fit_network(
                build,
                lambda rows, training, of=train[fitted]: inputs(of[rows], training),
                *data,
                recipe,
                seed + at,
                device=device,
                checkpoint=kept,
                report=bar.update,
            )
            weights = sum(p.numel() for p in network.parameters() if p.requires_grad)
            raw[train[held]] = network_logits(network, inputs, train[held], device)
            raw[others] += network_logits(network, inputs, others, device) / len(folds)
    k, n, seen = counts[train], views[train], [Forecast(expit(raw[train]), np.zeros(1))]
    blend = Blend().fit(seen, k, n)
    mean, rho = np.empty(counts.shape), np.empty(counts.shape)
    for rows, found in (
        (train, Blend().cross_fit(seen, k, n, folds)),
        (others, blend.predict([Forecast(expit(raw[others]), np.zeros(1))])),
    ):
        mean[rows], rho[rows] = found.mean, found.rho
    return Trained(Forecast(mean, rho), weights, clock() - start, device)


def fit_network(
    build: Callable[[], torch.nn.Module],
    inputs: Inputs,
    counts: np.ndarray,
    views: np.ndarray,
    recipe: Recipe,
    seed: int,
    *,
    stop: int | None = None,
    loss: Callable[..., torch.Tensor] | None = None,
    device: str = "cpu",
    each_epoch: Callable[[torch.nn.Module], Any] = lambda network: None,
    checkpoint: Path | None = None,
    report: Callable[[int], Any] = lambda steps: None,
) -> torch.nn.Module:
    """A network trained on n posts by AdamW.

    The last layer starts from zero weights and the logits of the mean rates. rho starts from that of no features and
    comes to depend on the mean as in :class:`lib.models.blend.Blend`, by two more weights for each activity. The
    learning rate rises over the first tenth of the steps and falls to zero at the last.

    Parameters
    ----------
    inputs
        Gives the network's inputs for positions among the n posts.
    stop
        The number of epochs after which to end, if before the last.
    loss
        Maps logits (b, a), theta (b, a), counts (b, a) and views (b, 1) to what is made small; by default
        :func:`beta_binomial_loss`.
    each_epoch
        Called with the network after each epoch.
    checkpoint
        A file that keeps the state after each epoch, and from which a run that was killed goes on.
    report
        Called with the number of steps that are done.

    Raises
    ------
    FloatingPointError
        If the weights aren't finite.
    """
    import torch

    loss = loss or beta_binomial_loss
    begin = Rate().fit(counts, views)
    k = torch.as_tensor(counts, dtype=torch.float64, device=device)
    n = torch.as_tensor(views, dtype=torch.float64, device=device)[:, None]
    steps = recipe.steps(len(k))
    with torch.random.fork_rng(devices=[] if device == "cpu" else [device]), one_thread():
        torch.manual_seed(seed)
        network = build().to(device)
        with torch.no_grad():
            network.last.weight.zero_()
            network.last.bias.copy_(torch.as_tensor(logit(begin.mean_)))
        rho, centre = np.maximum(begin.rho_, LEAST_RHO), torch.as_tensor(logit(begin.mean_), device=device)
        theta = torch.tensor(np.stack([-logit(rho), np.zeros(len(rho))]), device=device, requires_grad=True)
        groups = [
            {"params": [p for p in layer.parameters() if p.requires_grad], "lr": recipe.rate_at(depth)}
            for depth, layer in enumerate(network.layers())
        ]
        groups = [group | {"weight_decay": recipe.decay} for group in groups if group["params"]]
        groups.append({"params": [theta], "lr": recipe.rate_of_rho, "weight_decay": 0.0})
        optimizer = torch.optim.AdamW(groups, fused=True)
        rates = [group["lr"] for group in groups]
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=max(steps, 11), pct_start=0.1)
        state = _State(network, optimizer, schedule, theta, checkpoint, device)
        done = state.read()
        report(done)
        while done < steps:
            network.train()
            for rows in torch.randperm(len(k)).split(recipe.batch)[: steps - done]:
                optimizer.zero_grad()
                with mixed_precision(device):
                    eta = network(*_on(inputs(rows.numpy(), True), device))
                loss(eta, theta[0] + theta[1] * (eta.detach() - centre), k[rows], n[rows]).backward()
                optimizer.step()
                schedule.step()
                done += 1
                report(1)
            each_epoch(network.eval())
            state.write(done)
            if stop and done >= stop * math.ceil(len(k) / recipe.batch):
                break
    if not all(torch.isfinite(values).all() for values in network.state_dict().values()):
        raise FloatingPointError("the network's likelihood is not a number; the features may contain infinities")
    return network


def network_logits(
    network: torch.nn.Module, inputs: Inputs, rows: np.ndarray, device: str = "cpu", batch: int = 256
) -> np.ndarray:
    """Logits (m, a) of posts at m positions."""
    import torch

    network.eval()
    found = [np.empty((0, network.last.out_features))]
    with torch.inference_mode(), one_thread(), mixed_precision(device):
        for part in np.array_split(rows, math.ceil(len(rows) / batch)) if len(rows) else []:
            found.append(network(*_on(inputs(part, False), device)).double().cpu().numpy())
    return np.vstack(found)


def beta_binomial_loss(eta: torch.Tensor, theta: torch.Tensor, k: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
    """Mean of the negative :func:`log_likelihood`."""
    return -log_likelihood(eta, theta, k, n).mean()


def log_likelihood(eta: torch.Tensor, theta: torch.Tensor, k: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
    """Beta-binomial log-likelihood (b, a), without the binomial coefficients.

    Parameters
    ----------
    eta
        (b, a) logits of the means.
    theta
        (a,) or (b, a) log((1 - rho) / rho).
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


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit torch to one thread: matrices this small are no faster on two cores, and many times slower on busy ones."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class _State:
    """The state of a run in a file, or nowhere."""

    def __init__(self, network, optimizer, schedule, theta, file: Path | None, device: str):
        self.parts = {"network": network, "optimizer": optimizer, "schedule": schedule}
        self.theta, self.file, self.device = theta, file, device

    def read(self) -> int:
        """Take up the state that was kept; returns the number of steps that are done."""
        import torch

        if self.file is None or not self.file.is_file():
            return 0
        kept = torch.load(self.file, map_location="cpu", weights_only=True)
        for name, part in self.parts.items():
            part.load_state_dict(kept[name])
        with torch.no_grad():
            self.theta.copy_(kept["theta"])
        torch.set_rng_state(kept["random"])
        if self.device != "cpu" and "random_of_card" in kept:
            torch.cuda.set_rng_state(kept["random_of_card"], self.device)
        return kept["done"]

    def write(self, done: int) -> None:
        import torch

        if self.file is None:
            return
        state = {name: part.state_dict() for name, part in self.parts.items()}
        state |= {"theta": self.theta.detach(), "random": torch.get_rng_state(), "done": done}
        if self.device != "cpu":
            state["random_of_card"] = torch.cuda.get_rng_state(self.device)
        buffer = io.BytesIO()
        torch.save(state, buffer)
        make_folder(self.file.parent)
        write_whole(self.file, buffer.getvalue())


def mixed_precision(device: str) -> Any:
    """A context in which a GPU that has bfloat16 computes in it where that is exact enough."""
    import torch

    has = device != "cpu" and torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.autocast("cuda", torch.bfloat16) if has else nullcontext()


def _on(inputs: tuple, device: str) -> list:
    return [_on(given, device) if isinstance(given, tuple) else given.to(device) for given in inputs]
