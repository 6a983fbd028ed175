"""The plain models: one rate for all posts, and a penalised regression on features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import expit, logit

from lib import betabinomial
from lib.features import Design, Features
from lib.models.blend import Blend, rho_at, shifted
from lib.models.crossfit import Fold, cross_fit
from lib.models.fallback import pooled, usable
from lib.models.forecast import Forecast
from lib.storage import Arrays, part, under

MOST_LOGIT = 27.0  # rates are at least 2e-12 from 0 and 1


class Rate:
    """No features: every post gets the activity's mean rate and rho. Every gain is measured against this baseline."""

    def fit(self, counts: np.ndarray, views: np.ndarray, folds: Sequence[Fold] = ()) -> Rate:
        found = [pooled(k, views) for k in counts.T]
        self.mean_, self.rho_, self.fell_back_ = (np.array(values) for values in zip(*found, strict=True))
        if folds:
            self.cross_fitted_ = cross_fit(
                folds, lambda fitted, held: Rate().fit(counts[fitted], views[fitted]).predict(len(held))
            )
        return self

    def predict(self, rows: int) -> Forecast:
        return Forecast(np.tile(self.mean_, (rows, 1)), self.rho_)

    def arrays(self) -> Arrays:
        """The fitted model in the form of :mod:`lib.storage.arrays`."""
        return {"mean": self.mean_, "rho": self.rho_}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Rate:
        """The model whose :meth:`arrays` these are."""
        model = cls()
        model.mean_, model.rho_ = arrays["mean"], arrays["rho"]
        return model


class Linear:
    """Penalised beta-binomial regression of each activity on the features' leading components.

    The penalty is chosen per activity from ``PENALTIES``, by the log score of cross-fitted forecasts whose rho is
    fitted to them; then the regression is fitted to all posts. Its logits are calibrated by a :class:`Blend` of one
    model. Where rho turns out to depend on the mean, the activity is fitted once more with such a rho. An activity
    whose regression fails has the pooled rate.
    """

    PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0)
    PATIENCE = 2  # penalties in a row that improve no activity, after which weaker ones aren't tried

    def __init__(self, components: int = 100, penalties: Sequence[float] = PENALTIES):
        self.components, self.tried = components, penalties

    def fit(self, features: Features, counts: np.ndarray, views: np.ndarray, folds: Sequence[Fold]) -> Linear:
        self.design_ = Design(self.components).fit(features)
        X, relative = self.design_.transform(features), self.design_.penalties()
        best, self.penalties_ = np.full(counts.shape[1], -np.inf), np.full(counts.shape[1], max(self.tried))
        kept, in_vain = Rate().fit(counts, views).predict(len(views)).mean, 0
        paths = [betabinomial.PenaltyPath(X[fitted], counts[fitted], views[fitted]) for fitted, _ in folds]
        for penalty in sorted(self.tried, reverse=True):
            mean = np.full(counts.shape, np.nan)
            for path, (fitted, held) in zip(paths, folds, strict=True):
                coef, _ = _coefficients(path.fit(penalty * relative), counts[fitted], views[fitted])
                mean[held] = _rates(X[held] @ coef)
            score = np.array([shifted(logit(mean[:, a]), counts[:, a], views).loglik for a in range(len(best))])
            better = score > best
            best[better], self.penalties_[better], kept[:, better] = score[better], penalty, mean[:, better]
            in_vain = 0 if better.any() else in_vain + 1
            if in_vain == self.PATIENCE:
                break
        raw = [Forecast(kept, np.zeros(1))]
        blend, Z = Blend().fit(raw, counts, views), {}
        varies = blend.dispersion_[1] != 0
        for a in np.flatnonzero(varies):
            Z[a] = np.column_stack([np.ones(len(views)), logit(kept[:, a])])
            for fitted, held in folds:
                data = X[fitted], counts[fitted, a], views[fitted], self.penalties_[a] * relative, Z[a][fitted]
                coef, _ = _with_dispersion(*data)
                kept[held, a] = _rates(X[held] @ coef)
        if Z:
            blend = Blend().fit(raw, counts, views)
        self.cross_fitted_ = Blend().cross_fit(raw, counts, views, folds)
        self.coef_, self.dispersion_ = np.empty((X.shape[1], counts.shape[1])), blend.dispersion_
        self.fell_back_ = np.empty(counts.shape[1], bool)
        for penalty in np.unique(self.penalties_[~varies]):
            at = (self.penalties_ == penalty) & ~varies
            fits = betabinomial.PenaltyPath(X, counts[:, at], views).fit(penalty * relative)
            self.coef_[:, at], self.fell_back_[at] = _coefficients(fits, counts[:, at], views)
        for a in Z:
            data = X, counts[:, a], views, self.penalties_[a] * relative, Z[a]
            self.coef_[:, a], self.fell_back_[a] = _with_dispersion(*data)
        self.fell_back_ |= blend.fell_back_
        self.coef_ *= blend.slope_
        self.coef_[0] += blend.shift_
        return self

    def predict(self, features: Features) -> Forecast:
        logits = self.design_.transform(features) @ self.coef_
        return Forecast(_rates(logits), rho_at(logits, self.dispersion_))

    def arrays(self) -> Arrays:
        """The fitted model in the form of :mod:`lib.storage.arrays`."""
        fitted = {"coef": self.coef_, "dispersion": self.dispersion_, "penalties": self.penalties_}
        return fitted | under("design", self.design_.arrays())

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Linear:
        """The model whose :meth:`arrays` these are."""
        design = Design.from_arrays(part("design", arrays))
        model = cls(design.components)
        model.design_ = design
        model.coef_, model.dispersion_, model.penalties_ = (arrays[n] for n in ("coef", "dispersion", "penalties"))
        return model


def _rates(logits: np.ndarray) -> np.ndarray:
    """Rates of logits; a rate that would be rounded to 0 or 1 would make any other count impossible."""
    return expit(np.clip(logits, -MOST_LOGIT, MOST_LOGIT))


def _coefficients(
    fits: Sequence[betabinomial.PathFit], counts: np.ndarray, views: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients (p, a), of which the first is the intercept, and whether a fit failed, (a,) bool.

    An activity whose fit failed has the pooled rate.
    """
    coef, failed = np.column_stack([fit.coef for fit in fits]), np.array([not usable(fit) for fit in fits])
    coef[:, failed] = 0
    for a in np.flatnonzero(failed):
        coef[0, a] = logit(pooled(counts[:, a], views)[0])
    return coef, failed


def _with_dispersion(
    X: np.ndarray, k: np.ndarray, n: np.ndarray, l2: np.ndarray, Z: np.ndarray
) -> tuple[np.ndarray, bool]:
    """:func:`_coefficients` of one activity, with the columns Z (n, 2) of log(alpha + beta) if that fit succeeds."""
    fit = betabinomial.fit_regression(X, k, n, l2=l2, Z=Z)
    if usable(fit):
        return fit.coef, False
    k = k[:, None]
    coef, failed = _coefficients(betabinomial.PenaltyPath(X, k, n).fit(l2), k, n)
    return coef[:, 0], bool(failed[0])
