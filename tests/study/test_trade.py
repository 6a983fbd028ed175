import numpy as np
import pytest
from scipy.stats import spearmanr

from lib.models import BASELINE, TRUTH
from lib.study import scores, trade


def test_every_activity_has_its_row_and_the_truths(small):
    table = trade.by_activity(small, "text")
    assert table["name"].tolist() == [name for name in small.activities for _ in range(2)]
    assert table["forecast"].tolist() == ["text", TRUTH] * len(small.activities)
    ours = table[table["forecast"] == "text"].set_index("name")
    assert ours["gain"].to_dict() == pytest.approx(scores.gains(small, "text").set_index("name")["value"].to_dict())
    test, a = small.split.test, small.column("open")
    predicted = small.forecast("text").mean[test, a]
    assert ours.loc["open", "spearman"] == pytest.approx(spearmanr(predicted, small.rates["open"].iloc[test])[0])
    truth = table[table["forecast"] == TRUTH].set_index("name")
    assert truth["gain"].mean() > ours["gain"].mean() and truth["spearman"].mean() > ours["spearman"].mean()
    slopes, p = trade.calibration(small, "text")
    assert ours["slope"].to_dict() == slopes.set_index("name")["slope"].to_dict() and 0 <= p <= 1


def test_a_feed_without_features_has_a_table_too(plain):
    table = trade.by_activity(plain, BASELINE)
    assert table["forecast"].tolist() == [BASELINE] * len(plain.activities)
    assert (table["gain"] == 0).all() and (table["auc"] == 0.5).all() and (table["spearman"] == 0).all()
    assert table["slope"].isna().all()
    assert trade.better_ranked(plain, BASELINE).empty
    assert np.isnan(trade.largest_share(plain, BASELINE)[1])


def test_a_forecast_that_ranks_better_is_chosen_on_the_training_posts(small):
    table = trade.better_ranked(small, BASELINE)
    train = small.split.train
    assert "open" in set(table["name"])
    for row in table.itertuples():
        rates, a = small.rates[row.name].iloc[train], small.column(row.name)
        found = {m: spearmanr(small.forecast(m).mean[train, a], rates)[0] for m in small.forecasts if m != BASELINE}
        assert row.forecast == max(found, key=found.get) and row.theirs == pytest.approx(max(found.values()))
        assert row.theirs > row.ours
    best = table.set_index("name").loc["open", "forecast"]
    assert "open" not in set(trade.better_ranked(small, best)["name"])


def test_the_largest_share_is_that_of_the_activities_chosen_by_cross_fitting(small):
    names, share = trade.largest_share(small, "text")
    gains = scores.gains(small, "text").set_index("name")["value"]
    assert names == scores.by_gain(small, "text")[:2] and share == pytest.approx(gains[names].sum() / gains.sum())


def test_half_of_the_views_are_of_few_posts(small):
    views = np.sort(small.views[small.split.test])[::-1]
    posts = trade.posts_with_half_of_the_views(small)
    assert views[:posts].sum() >= views.sum() / 2 > views[: posts - 1].sum()
