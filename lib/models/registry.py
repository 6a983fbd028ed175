"""The registry of models: what each model is made of, how it is fitted and how it forecasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import logit

from lib.features import (
    CONTEXT_BLOCKS,
    PAGE_BLOCKS,
    PHOTO_BLOCKS,
    READABLE_BLOCKS,
    TEXT_BLOCKS,
    conditions_met,
    present,
)
from lib.models.blend import Blend
from lib.models.boosted import Boosted
from lib.models.crossfit import Fold
from lib.models.forecast import Forecast
from lib.models.grouped import Grouped
from lib.models.linear import Linear, Rate
from lib.models.neural import Neural
from lib.models.structure import Structure, cross_fit_structure, find_structure

KINDS = {kind.__name__: kind for kind in (Rate, Grouped, Linear, Boosted, Neural, Blend)}
Model = Rate | Grouped | Linear | Boosted | Neural | Blend


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
        Ids of the models whose forecasts a blend combines. Another model sees the logits of its member, which is
        ``GROUP``, in place of the block "group".
    components
        The largest number of principal components of a block.
    equal
        Whether a blend gives its members equal weights.
    whole
        Id of the model that forecasts the posts of no known group; "" if this model does.
    """

    id: str
    label: str
    blocks: tuple[str, ...] = ()
    kind: str = "Linear"
    members: tuple[str, ...] = ()
    components: int = 100
    equal: bool = False
    whole: str = ""

    @property
    def others(self) -> tuple[str, ...]:
        """Ids of the models whose forecasts this one needs: ``members``, then ``whole``."""
        return (*self.members, *([self.whole] if self.whole else []))

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
GROUP, BLEND_CONTEXT = "group", "blend_context"
_IN_CONTEXT = {"blocks": (*_ALL, *CONTEXT_BLOCKS), "members": (GROUP,), "whole": BLEND}
_CONTEXT_MEMBERS = ("linear_context", "trees_context", "network_context")
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
        ModelSpec(GROUP, "group alone", ("group",), "Grouped", whole=BASELINE),
        ModelSpec("linear_context", "linear, with group and time", **_IN_CONTEXT),
        ModelSpec("trees_context", "boosted trees, with group and time", kind="Boosted", **_IN_CONTEXT),
        ModelSpec("network_context", "neural network, with group and time", kind="Neural", **_IN_CONTEXT),
        ModelSpec(
            BLEND_CONTEXT,
            "blend, with group and time",
            (*READABLE_BLOCKS, "group"),
            "Blend",
            _CONTEXT_MEMBERS,
            whole=BLEND,
        ),
    )
}


def models_for(blocks: Mapping[str, np.ndarray], train: np.ndarray, test: np.ndarray) -> list[str]:
    """Ids of the models that some post has the blocks for, and that are not the same as another of them.

    Models that know groups are left out if no test post is of a known group, and seasons if all dates are equal.

    Parameters
    ----------
    blocks
        All blocks of n posts, (n, dim) each.
    train, test
        Positions of the training and of the test posts.
    """
    there = {block for block, values in blocks.items() if present(values[train]).sum() > 1}
    if not present(blocks["group"][test]).any():
        there.discard("group")
    if len(np.unique(blocks["season"][train], axis=0)) < 2:
        there.discard("season")
    context, there = there & set(CONTEXT_BLOCKS), there - set(CONTEXT_BLOCKS)

    def listed(spec: ModelSpec) -> bool:
        if set(spec.blocks) & set(CONTEXT_BLOCKS):
            return "group" in context if spec.id == GROUP else bool(context)
        wanted = [set(spec.blocks) & set(kind) for kind in (PHOTO_BLOCKS, TEXT_BLOCKS)]
        found = [bool(kind & there) for kind in wanted if kind]
        return all(found) if spec.kind == "Linear" and found else spec.id == BASELINE or bool(there)

    return [name for name, spec in MODELS.items() if listed(spec)]


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
        Cross-fitted forecasts of the n posts by the models in ``spec.others``, in that order.
    """
    seen, others, members = _seen(spec, blocks, members), members, members[: len(spec.members)]
    if spec.kind == "Blend":
        model = Blend(equal=spec.equal).fit(members, counts, views)
        cross_fitted = model.cross_fit(members, counts, views, folds)
    else:
        settings = () if spec.kind in ("Rate", "Grouped") else (spec.components,)
        model, posts = KINDS[spec.kind](*settings), (seen,) if seen else ()
        cross_fitted = model.fit(*posts, counts, views, folds).cross_fitted_
    met = conditions_met(seen, len(views))
    cross_fitted = cross_fit_structure(cross_fitted, met, counts, views, folds)
    return Fitted(
        model,
        find_structure(met, counts, views),
        _with_whole(spec, cross_fitted, blocks, others),
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
    seen = _seen(spec, blocks, members)
    forecast = model.predict(list(members[: len(spec.members)]) if spec.kind == "Blend" else seen or posts)
    return _with_whole(spec, structure.apply(forecast, conditions_met(seen, posts)), blocks, members)


def _seen(spec: ModelSpec, blocks: Mapping[str, np.ndarray], others: Sequence[Forecast]) -> dict[str, np.ndarray]:
    """The blocks of a model, with the logits of its member GROUP in place of the block "group"."""
    seen = {block: blocks[block] for block in spec.blocks}
    if GROUP in spec.members:
        seen["group"] = np.where(present(seen["group"])[:, None], logit(others[0].mean), np.nan)
    return seen


def _with_whole(
    spec: ModelSpec, forecast: Forecast, blocks: Mapping[str, np.ndarray], others: Sequence[Forecast]
) -> Forecast:
    """A forecast, with that of ``spec.whole`` for the posts of no known group."""
    if not spec.whole:
        return forecast
    known, pairs = present(blocks["group"])[:, None], [(forecast.mean, others[-1].mean)]
    pairs.append(tuple(np.broadcast_to(of.rho, of.mean.shape) for of in (forecast, others[-1])))
    return Forecast(*(np.where(known, ours, theirs) for ours, theirs in pairs))
