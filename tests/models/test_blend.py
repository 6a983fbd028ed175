import numpy as np
import pytest
from model_world import world
from scipy.special import expit

from lib.models import scoring
from lib.models.blend import Blend
from lib.models.forecast import Forecast
from lib.models.linear import Linear, Rate


def test_a_blend_is_no_worse_than_its_members_and_prefers_the_better_one():
    _, counts, views, truth = world(2000, 4)
    rng = np.random.default_rng(0)
    noisy = Forecast(expit(np.log(truth.mean) + rng.normal(scale=1.0, size=truth.mean.shape)), truth.rho)
    blend = Blend().fit([truth, noisy], counts, views)
    score = [scoring.log_score(counts, views, f).mean() for f in (blend.predict([truth, noisy]), truth, noisy)]
    assert score[0] >= score[1] - 1e-3 > score[2]
    assert blend.coef_[1:] == pytest.approx(np.array([[1, 1], [0, 0]]), abs=0.1)


@pytest.mark.parametrize("absent", [False, True], ids=["readable block", "absent block"])
def test_a_model_made_from_its_arrays_forecasts_the_same(absent):
    """Design, Rate, Linear and Blend forecast the same to the last bit."""
    features, counts, views, _ = world(200, 5)
    if absent:
        features = {"nobody": np.full((200, 3), np.nan)}
    linear = Linear(components=20).fit(features, counts, views)
    rate = Rate().fit(counts, views)
    members = [linear.predict(features), rate.predict(200)]
    blend = Blend().fit(members, counts, views)
    for model, given in ((linear, features), (rate, 200), (blend, members)):
        arrays = model.arrays()
        assert all(isinstance(a, np.ndarray) and a.dtype.kind in "fu" for a in arrays.values())
        again = type(model).from_arrays(arrays)
        assert again.arrays().keys() == arrays.keys()
        assert np.array_equal(again.predict(given).mean, model.predict(given).mean)
        assert np.array_equal(again.predict(given).rho, model.predict(given).rho)
