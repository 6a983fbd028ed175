"""The registry of models: what each model is made of, how it is fitted and how it forecasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lib.features import PHOTO_BLOCKS, TEXT_BLOCKS
from lib.models.blend import Blend
from lib.models.boosted import Boosted
from lib.models.forecast import Forecast, Validation
from lib.models.linear import Linear, Rate
from lib.models.neural import Neural

KINDS = {kind.__name__: kind for kind in (Rate, Linear, Boosted, Neural, Blend)}
Model = Rate | Linear | Boosted | Neural | Blend


@dataclass(frozen=True)
class ModelSpec:
    """The specification of a model.

    Attributes
    ----------
    id
        The name in keys, files and results.
    label
        The name that readers see.
    blocks
        The blocks of features that the model uses, from :data:`lib.features.BLOCKS`.
    kind
        A key of ``KINDS``: the class that is fitted.
    members
        Ids of the models whose forecasts a blend combines.
    components
        The largest number of principal components of a block.
    """

    id: str
    label: str
    blocks: tuple[str, ...] = ()
    kind: str = "Linear"
    members: tuple[str, ...] = ()
    components: int = 100

    def describe(self) -> dict[str, Any]:
        """The fields, which JSON can hold; ``ModelSpec(**fields)`` gives an equal specification."""
        return asdict(self)


_ALL = (*PHOTO_BLOCKS, *TEXT_BLOCKS)
BASELINE, BOTH, VECTORS, TREES, NETWORK, BLEND = "baseline", "both", "vectors", "trees", "network", "blend"
TRUTH = "truth"  # not a model: the true means and rho of a simulated feed

MODELS = {
    spec.id: spec
    for spec in (
        ModelSpec(BASELINE, "no features", (), "Rate"),
        ModelSpec("photo_features", "photo features", ("photo_features",)),
        ModelSpec("photo_vector", "photo vector", ("photo_vector",)),
        ModelSpec("photo", "photo", PHOTO_BLOCKS),
        ModelSpec("text_features", "text features", ("text_features",)),
        ModelSpec("text_vector", "text vector", ("text_vector",)),
        ModelSpec("text_words", "text words", ("text_words",)),
        ModelSpec("text", "text", TEXT_BLOCKS),
        ModelSpec(VECTORS, "both vectors", ("photo_vector", "text_vector")),
        ModelSpec(BOTH, "photo and text", _ALL),
        ModelSpec(TREES, "photo and text, boosted trees", _ALL, "Boosted"),
        ModelSpec(NETWORK, "photo and text, neural network", _ALL, "Neural"),
        ModelSpec(BLEND, "blend", (), "Blend", (BOTH, TREES, NETWORK)),
    )
}


def fit_model(
    spec: ModelSpec,
    blocks: Mapping[str, np.ndarray],
    counts: np.ndarray,
    views: np.ndarray,
    train: np.ndarray,
    validation: np.ndarray,
    members: Sequence[Forecast] = (),
) -> Model:
    """Fit a model to the training posts and tune it on the validation posts; fit a blend to the validation posts alone.

    Parameters
    ----------
    blocks
        Blocks of the n posts, each (n, dim) float. Blocks that the model does not use are ignored.
    counts, views
        (n, a) and (n,).
    train, validation
        Positions of the training posts and of the validation posts.
    members
        Forecasts of the n posts by the models in ``spec.members``, in that order.
    """
    model = KINDS[spec.kind]
    held = counts[validation], views[validation]
    if spec.members:
        return model().fit([forecast[validation] for forecast in members], *held)
    if not spec.blocks:
        return model().fit(counts[train], views[train])
    seen = {block: blocks[block] for block in spec.blocks}
    tuning = Validation({block: values[validation] for block, values in seen.items()}, *held)
    posts = {block: values[train] for block, values in seen.items()}
    return model(spec.components).fit(posts, counts[train], views[train], tuning)


def forecast_posts(
    spec: ModelSpec, model: Model, blocks: Mapping[str, np.ndarray], posts: int, members: Sequence[Forecast] = ()
) -> Forecast:
    """Forecast posts with a fitted model.

    Parameters
    ----------
    blocks, members
        As in :func:`fit_model`.
    posts
        The number of posts.
    """
    if spec.members:
        return model.predict(list(members))
    return model.predict({block: blocks[block] for block in spec.blocks} if spec.blocks else posts)
