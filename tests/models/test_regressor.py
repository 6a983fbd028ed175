import pickle

import numpy as np
import pandas as pd
import pytest
from betabinomial_data import simulated
from scipy import sparse, stats
from sklearn import config_context
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning, NotFittedError, UnsetMetadataPassedError
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from lib import betabinomial as bb
from lib.models import BetaBinomialRegressor

DESIGN, LIKES, VIEWS = simulated(rows=300)
X = DESIGN[:, 1:]
WEIGHTS = np.arange(300) % 4
PAIRS = np.column_stack([LIKES, VIEWS - LIKES])

REASON = "fits a real-valued y of shape (n,) without exposure, which is refused: counts need their trials"
EXEMPT = dict.fromkeys(
    [
        "check_array_api_input",
        "check_dict_unchanged",
        "check_dont_overwrite_parameters",
        "check_dtype_object",
        "check_estimators_dtypes",
        "check_estimators_fit_returns_self",
        "check_estimators_nan_inf",
        "check_estimators_overwrite_params",
        "check_estimators_pickle",
        "check_f_contiguous_array_estimator",
        "check_fit2d_1feature",
        "check_fit2d_1sample",
        "check_fit2d_predict1d",
        "check_fit_check_is_fitted",
        "check_fit_idempotent",
        "check_fit_score_takes_y",
        "check_methods_sample_order_invariance",
        "check_methods_subset_invariance",
        "check_n_features_in",
        "check_n_features_in_after_fitting",
        "check_pipeline_consistency",
        "check_positive_only_tag_during_fit",
        "check_readonly_memmap_input",
        "check_regressor_data_not_an_array",
        "check_regressors_int",
        "check_regressors_no_decision_function",
        "check_regressors_train",
        "check_sample_weight_equivalence_on_dense_data",
        "check_sample_weights_list",
        "check_sample_weights_not_an_array",
        "check_sample_weights_not_overwritten",
        "check_sample_weights_pandas_series",
        "check_sample_weights_shape",
        "check_supervised_y_2d",
    ],
    REASON,
)


class OutOfThousand(BetaBinomialRegressor):
    """Real targets rounded down to successes out of 1000 trials: with it, no check of scikit-learn is exempt."""

    def fit(self, X, y, exposure=None, sample_weight=None):
        return super().fit(X, *self._counts(y), sample_weight)

    def score(self, X, y, exposure=None, sample_weight=None):
        return super().score(X, *self._counts(y), sample_weight)

    def _counts(self, y):
        if y is None or np.asarray(y).dtype.kind == "c":
            return y, None
        counts = np.floor(np.asarray(y, dtype=float))
        return counts, np.full(len(counts), 1000)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = True  # a log score, which a check would read as R^2
        return tags


@parametrize_with_checks(
    [BetaBinomialRegressor(), OutOfThousand(), OutOfThousand(l2=1.0, fit_intercept=False)],
    expected_failed_checks=lambda estimator: {} if isinstance(estimator, OutOfThousand) else EXEMPT,
    xfail_strict=True,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize("l2", [0.0, 30.0])
def test_it_is_fit_regression(l2):
    fit = bb.fit_regression(DESIGN, LIKES, VIEWS, l2=l2, weights=WEIGHTS)
    for model in (
        BetaBinomialRegressor(l2).fit(X, LIKES, exposure=VIEWS, sample_weight=WEIGHTS),
        BetaBinomialRegressor(l2).fit(X, PAIRS, sample_weight=WEIGHTS),
    ):
        assert [model.intercept_, *model.coef_] == pytest.approx(fit.coef, rel=1e-9)
        assert model.rho_ == pytest.approx(fit.rho, rel=1e-9)
        assert model.result_.cov == pytest.approx(fit.cov, rel=1e-6)
        assert model.predict(X) == pytest.approx(fit.predict(DESIGN), rel=1e-9)


def test_without_an_intercept_no_column_is_added():
    model = BetaBinomialRegressor(fit_intercept=False).fit(DESIGN, LIKES, exposure=VIEWS)
    assert model.coef_ == pytest.approx(bb.fit_regression(DESIGN, LIKES, VIEWS).coef, rel=1e-9)
    assert model.intercept_ == 0.0


def test_the_score_is_the_mean_log_probability():
    model = BetaBinomialRegressor().fit(X, LIKES, exposure=VIEWS)
    mean, s = model.predict(X), (1.0 - model.rho_) / model.rho_
    each = stats.betabinom.logpmf(LIKES, VIEWS, mean * s, (1.0 - mean) * s)
    assert model.score(X, LIKES, exposure=VIEWS) == pytest.approx(each.mean(), rel=1e-9)
    assert model.score(X, PAIRS) == pytest.approx(each.mean(), rel=1e-9)
    expected = np.repeat(each, WEIGHTS).mean()
    assert model.score(X, LIKES, exposure=VIEWS, sample_weight=WEIGHTS) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("trials", [1, 5], ids=["rho unidentified", "rho one"])
def test_all_or_nothing_is_scored_as_a_bernoulli_trial(trials):
    y = np.array([0, 1, 0, 1, 1, 0])
    model = BetaBinomialRegressor().fit(np.arange(6)[:, None], trials * y, exposure=np.full(6, trials))
    assert model.result_.state == ("rho one" if trials > 1 else "rho unidentified")
    mean = model.predict(np.arange(6)[:, None])
    expected = stats.bernoulli.logpmf(y, mean).mean()
    assert model.score(np.arange(6)[:, None], trials * y, exposure=np.full(6, trials)) == pytest.approx(expected)


def test_where_rho_is_unidentified_counts_are_scored_as_binomial():
    model = BetaBinomialRegressor().fit([[0], [0], [1], [1]], [0, 1, 1, 0], exposure=[1, 1, 1, 1])
    assert model.score([[0]], [3], exposure=[7]) == pytest.approx(stats.binom.logpmf(3, 7, 0.5))


def test_without_a_maximum_it_warns_and_predicts():
    with pytest.warns(ConvergenceWarning, match="No row has a success"):
        model = BetaBinomialRegressor().fit([[1.0], [2.0]], [0, 0], exposure=[5, 9])
    assert model.predict([[3.0]]) == [0.0]
    assert model.score([[1.0], [1.0]], [0, 2], exposure=[5, 9]) == -np.inf
    assert model.score([[1.0], [1.0]], [0, 2], exposure=[5, 9], sample_weight=[1, 0]) == 0.0
    with pytest.warns(ConvergenceWarning, match="columns 0, 1 of X: .*Column 0 is the intercept"):
        model = BetaBinomialRegressor().fit([[0], [0], [1], [1]], [0, 0, 5, 5], exposure=[5, 5, 5, 5])
    assert model.predict([[0], [1]]) == pytest.approx([0.0, 1.0], abs=1e-6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"exposure": None}, r"y has shape \(300,\): without exposure, \(n, 2\) is needed, successes and failures"),
        ({"exposure": None, "y": PAIRS[:, :1]}, r"\(300, 1\)"),
        ({"exposure": None, "y": PAIRS - 1e6}, "y holds negative numbers"),
        ({"exposure": None, "y": PAIRS + 0.5}, "not a count"),
        ({"y": PAIRS}, r"\(300, 2\)"),
        ({"y": LIKES / VIEWS}, "not a count"),
        ({"y": VIEWS + 1}, "larger than n"),
        ({"y": np.full(300, np.nan)}, "y contains NaN"),
        ({"exposure": VIEWS[:1]}, "inconsistent numbers of samples"),
        ({"exposure": np.full(300, np.inf)}, "not a number of trials"),
        ({"sample_weight": -np.ones(300)}, "Negative"),
        ({"sample_weight": np.zeros(300)}, "zero"),
    ],
)
def test_what_cannot_be_used_is_refused(change, message):
    arguments = {"y": LIKES, "exposure": VIEWS} | change
    fitted = BetaBinomialRegressor().fit(X, LIKES, exposure=VIEWS)
    for method in (BetaBinomialRegressor().fit, fitted.score):
        with pytest.raises(ValueError, match=message):
            method(X, **arguments)


def test_a_negative_penalty_sparse_columns_and_an_unfitted_model_are_refused():
    with pytest.raises(ValueError, match="l2 = -1"):
        BetaBinomialRegressor(l2=-1).fit(X, PAIRS)
    with pytest.raises(TypeError, match="dense data is required"):
        BetaBinomialRegressor().fit(sparse.csr_array(X), PAIRS)
    with pytest.raises(NotFittedError):
        BetaBinomialRegressor().score(X, PAIRS)


def test_names_of_columns_are_kept():
    table = pd.DataFrame(X, columns=["length", "photo"])
    model = BetaBinomialRegressor().fit(table, LIKES, exposure=VIEWS)
    assert list(model.feature_names_in_) == ["length", "photo"]
    assert model.n_features_in_ == 2
    assert model.result_.names == ("intercept", "length", "photo")
    assert model.score(table, LIKES, exposure=VIEWS) == BetaBinomialRegressor().fit(X, PAIRS).score(X, PAIRS)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(table[["photo", "length"]])
    assert model.fit(X, PAIRS).result_.names == ("intercept", "x0", "x1")


def test_copies_are_equal():
    model = BetaBinomialRegressor(l2=2.0).fit(X, PAIRS)
    assert (pickle.loads(pickle.dumps(model)).predict(X) == model.predict(X)).all()
    copy = clone(model)
    assert copy.get_params() == {"l2": 2.0, "fit_intercept": True}
    assert (copy.fit(X, PAIRS).coef_ == model.coef_).all()


@pytest.fixture
def routed():
    """A regressor that asks for exposure and weights, with routing on."""
    with config_context(enable_metadata_routing=True):
        asked = {"exposure": True, "sample_weight": True}
        yield BetaBinomialRegressor().set_fit_request(**asked).set_score_request(**asked)


def test_a_pipeline_routes_exposure_and_weights(routed):
    given = {"exposure": VIEWS, "sample_weight": WEIGHTS}
    unweighted = StandardScaler().set_fit_request(sample_weight=False)
    pipeline = make_pipeline(unweighted, routed).fit(X, LIKES, **given)
    scaled = StandardScaler().fit_transform(X)
    alone = BetaBinomialRegressor().fit(scaled, LIKES, **given)
    assert pipeline[-1].coef_ == pytest.approx(alone.coef_, rel=1e-9)
    assert pipeline.predict(X) == pytest.approx(alone.predict(scaled), rel=1e-9)
    assert pipeline.score(X, LIKES, **given) == pytest.approx(alone.score(scaled, LIKES, **given), rel=1e-9)


def test_exposure_that_nobody_asked_for_is_refused(routed):
    pipeline = make_pipeline(StandardScaler(), BetaBinomialRegressor())
    with pytest.raises(UnsetMetadataPassedError, match="exposure"):
        pipeline.fit(X, LIKES, exposure=VIEWS)


def test_a_search_over_penalties_as_the_final_stage_over_embeddings(routed):
    """Scores by fold, and the chosen penalty, must be those of fits by hand to the rows of each fold."""
    rng = np.random.default_rng(1)
    vectors = X @ rng.normal(size=(2, 20)) + rng.normal(size=(300, 20))
    penalties = [1.0, 10.0, 100.0, 1000.0]
    steps = make_pipeline(PCA(5, svd_solver="full"), routed)
    search = GridSearchCV(steps, {"betabinomialregressor__l2": penalties}, cv=KFold(3))
    search.fit(vectors, LIKES, exposure=VIEWS, sample_weight=WEIGHTS)

    def by_hand(l2, train, test):
        reduced = PCA(5, svd_solver="full").fit(vectors[train])
        design = np.column_stack([np.ones(300), reduced.transform(vectors)])
        fit = bb.fit_regression(design[train], LIKES[train], VIEWS[train], l2=l2, weights=WEIGHTS[train])
        each = bb.logpmf(LIKES[test], VIEWS[test], fit.predict(design[test]), fit.rho)
        return np.average(each, weights=WEIGHTS[test])

    expected = np.array([[by_hand(l2, *fold) for fold in KFold(3).split(vectors)] for l2 in penalties])
    found = np.column_stack([search.cv_results_[f"split{i}_test_score"] for i in range(3)])
    assert found == pytest.approx(expected, rel=1e-9)
    best = penalties[np.argmax(expected.mean(axis=1))]
    assert search.best_params_ == {"betabinomialregressor__l2": best}
    assert search.score(vectors, LIKES, exposure=VIEWS) > bb.logpmf(LIKES, VIEWS, LIKES.sum() / VIEWS.sum(), 0.0).mean()
