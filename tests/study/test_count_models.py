import numpy as np
import pytest

from lib.study import count_models


def test_a_richer_model_fits_no_worse(small, sparse):
    for study in (small, sparse):
        table = count_models.comparison(study).set_index("name")
        assert table.index.tolist() == study.activities
        train = study.split.train
        assert table["posts"].tolist() == (study.counts[train] > 0).sum(0).tolist()
        assert (table["beta-binomial"] > table["binomial"]).all()
        assert (table["zero-inflated"] >= table["beta-binomial"] - 1e-6).all()
        assert table["signal"].between(0, 1).all() and table["zero"].between(0, 1).all()
        assert table.loc[count_models.commonest(study), "mean"] == table["mean"].max()
        assert table.loc[count_models.rarest(study), "mean"] == table["mean"].min()


def test_the_models_are_fitted_to_the_training_posts_alone(small, scrambled):
    ours, theirs = (count_models.fitted(study) for study in (small, scrambled))
    assert ours == theirs
    train = small.split.train
    for activity, (binomial, _, _) in ours.items():
        k = small.counts[train, small.column(activity)]
        assert binomial.mean == pytest.approx(k.sum() / small.views[train].sum())


def test_replicates_come_by_activity_and_model(small):
    of = count_models.replicates(small)
    assert of["name"].unique().tolist() == small.activities and (of["low"] <= of["high"]).all()
    assert set(of["model"]) == {"binomial", "beta-binomial", "zero-inflated"}
    table = count_models.replicate_table(small).set_index("name")
    assert table.index.tolist() == small.activities
    zeros = (small.counts[small.split.train] == 0).mean(0)
    assert table["observed"].tolist() == pytest.approx(zeros.tolist())
    assert table["binomial"].str.fullmatch(r"[\d.]+ to [\d.]+ %").all()


def test_shrinkage_goes_from_the_raw_rate_towards_the_mean(small):
    activity = small.activities[0]
    mean = count_models.fitted(small)[activity][1].mean
    table = count_models.shrinkage(small, activity)
    assert len(table) == len(small.split.train) and np.array_equal(table["raw"], table["count"] / table["views"])
    between = (table["shrunk"] - table["raw"]) * (mean - table["shrunk"])
    assert (between >= -1e-12).all()
