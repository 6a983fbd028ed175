"""The registry of models: what each model is made of, how it is fitted and how it forecasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lib.features import PAGE_BLOCKS, PHOTO_BLOCKS, READABLE_BLOCKS, TEXT_BLOCKS, conditions_met
from lib.models.blend import Blend
from lib.models.boosted import Boosted
from lib.models.crossfit import Fold
from lib.models.forecast import Forecast
from lib.models.linear import Linear, Rate
from lib.models.neural import Neural
from lib.models.structure import Structure, cross_fit_structure, find_structure

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
        The blocks of features that the model uses, from :data:`lib.features.BLOCKS` or ``PAGE_BLOCKS``. A blend learns
        from them what can't happen.
    kind
        A key of ``KINDS``: the class that is fitted.
    members
        Ids of the models whose forecasts a blend combines.
    components
        The largest number of principal components of a block.
    equal
        Whether a blend gives its members equal weights.
    """

    id: str
    label: str
    blocks: tuple[str, ...] = ()
    kind: str = "Linear"
    members: tuple[str, ...] = ()
    components: int = 100
    equal: bool = False

    def describe(self) -> dict[str, Any]:
        """The fields, which JSON can hold; ``ModelSpec(**fields)`` gives an equal specification."""
        return asdict(self)


@dataclass(frozen=True)
class Fitted:
    """A fitted model.

    Attributes
    ----------
    model
        The model.
    structure
        What can't happen, as far as the model's readable features say. The forecasts of the model leave it to
        :meth:`lib.models.structure.Structure.apply`.
    cross_fitted
        The forecast of each post that the model was fitted to, made without that post.
    fell_back
        (a,) bool: the activities whose fit failed, and whose forecast is therefore the pooled rate.
    """

    model: Model
    structure: Structure
    cross_fitted: Forecast
    fell_back: np.ndarray


_ALL = (*PHOTO_BLOCKS, *TEXT_BLOCKS)
BASELINE, BOTH, VECTORS, TREES, NETWORK = "baseline", "both", "vectors", "trees", "network"
MEAN, BLEND, PAGE = "mean", "blend", "page"
_MEMBERS = ("photo", "text", BOTH, TREES, NETWORK)  # the photo and the text alone where a feed has no other
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
        ModelSpec(PAGE, "the page's forecast", PAGE_BLOCKS),
        ModelSpec(VECTORS, "both vectors", ("photo_vector", "text_vector")),
        ModelSpec(BOTH, "photo and text", _ALL),
        ModelSpec(TREES, "boosted trees", _ALL, "Boosted"),
        ModelSpec(NETWORK, "neural network", _ALL, "Neural"),
        ModelSpec(MEAN, "mean of logits", READABLE_BLOCKS, "Blend", _MEMBERS, equal=True),
        ModelSpec(BLEND, "blend", READABLE_BLOCKS, "Blend", _MEMBERS),
    )
}


def fit_model(
    spec: ModelSpec,
    blocks: Mapping[str, np.ndarray],
    counts: np.ndarray,
    views: np.ndarray,
    folds: Sequence[Fold],
    members: Sequence[Forecast] = (),
) -> Fitted:
    """Fit a model to n posts, learn what can't happen, and forecast the posts by cross-fitting.

    Parameters
    ----------
    blocks
        Blocks of the n posts, each (n, dim) float. Blocks that the model does not use are ignored.
    counts, views
        (n, a) and (n,).
    folds
        From :func:`lib.models.crossfit.make_folds`.
    members
        Cross-fitted forecasts of the n posts by the models in ``spec.members``, in that order.
    """
    seen = {block: blocks[block] for block in spec.blocks}
    if spec.kind == "Blend":
        model = Blend(equal=spec.equal).fit(members, counts, views)
        cross_fitted = model.cross_fit(members, counts, views, folds)
    else:
        model, posts = (KINDS[spec.kind](spec.components), (seen,)) if seen else (KINDS[spec.kind](), ())
        cross_fitted = model.fit(*posts, counts, views, folds).cross_fitted_
    met = conditions_met(seen, len(views))
    return Fitted(
        model,
        find_structure(met, counts, views),
        cross_fit_structure(cross_fitted, met, counts, views, folds),
        getattr(model, "blend_", model).fell_back_,
    )


def forecast_posts(
    spec: ModelSpec,
    model: Model,
    structure: Structure,
    blocks: Mapping[str, np.ndarray],
    posts: int,
    members: Sequence[Forecast] = (),
) -> Forecast:
    """Forecast posts with a fitted model and what can't happen.

    Parameters
    ----------
    model, structure
        As in :class:`Fitted`.
    blocks, members
        As in :func:`fit_model`.
    posts
        The number of posts.
    """
    seen = {block: blocks[block] for block in spec.blocks}
    forecast = model.predict(list(members) if spec.members else seen or posts)
    return structure.apply(forecast, conditions_met(seen, posts))
