import numpy as np
import pytest

from lib.models.forecast import Forecast, Interval

MEAN = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]])


@pytest.mark.parametrize(
    ("rho", "kept"), [(np.array([0.01, 0.02]), [0.01, 0.02]), (MEAN / 10, [[0.05, 0.06], [0.01, 0.02]])]
)
def test_the_forecast_of_some_posts_keeps_rho(rho, kept):
    """A rho per activity holds for all posts; a rho per post is selected like the means."""
    some = Forecast(MEAN, rho)[[2, 0]]
    assert some.mean.tolist() == [[0.5, 0.6], [0.1, 0.2]]
    assert some.rho == pytest.approx(np.array(kept))


def test_an_interval_as_columns():
    assert Interval(1.0, 0.5, 2.0, 0.9).columns() == {"value": 1.0, "low": 0.5, "high": 2.0}
