import numpy as np
import pytest
import torch
from model_world import folds
from plain_network import RECIPE, posts

from lib.models import Rate, log_score, paired_interval
from lib.models.training import Recipe, cross_train, fit_network


def fitted(recipe=RECIPE, seed=0, **how):
    build, inputs, counts, views, _ = posts(160, 3)
    network = fit_network(build, inputs, counts, views, recipe, seed, **how)
    return {name: values.clone() for name, values in network.state_dict().items()}


def same(one, other):
    return all(torch.equal(one[name], other[name]) for name in one)


def test_it_learns_what_a_vector_says_and_is_calibrated_on_posts_that_it_has_not_seen():
    build, inputs, counts, views, truth = posts(900, 1)
    train, test = np.arange(600), np.arange(600, 900)
    found = cross_train(build, inputs, counts, views, train, folds(600), RECIPE)
    for rows in (train, test):
        plain = Rate().fit(counts[train], views[train]).predict(len(rows))
        scores = [log_score(counts[rows], views[rows], of).mean(1) for of in (found.forecast[rows], plain, truth[rows])]
        gain, best = paired_interval(scores[0], scores[1]), paired_interval(scores[2], scores[1])
        assert gain.low > 0 and 0.4 * best.value < gain.value < best.value
    assert found.weights == sum(p.numel() for p in build().parameters()) and found.device == "cpu"


def test_nothing_is_learnt_from_counts_that_depend_on_no_vector():
    build, inputs, counts, views, _ = posts(400, 2)
    order = np.random.default_rng(0).permutation(400)
    counts, views = counts[order], views[order]
    train, test = np.arange(300), np.arange(300, 400)
    found = cross_train(build, inputs, counts, views, train, folds(300), RECIPE)
    plain = Rate().fit(counts[train], views[train]).predict(100)
    scores = [log_score(counts[test], views[test], of).mean(1) for of in (found.forecast[test], plain)]
    assert abs(paired_interval(*scores).value) < 0.05


def test_the_counts_of_test_posts_change_no_forecast():
    build, inputs, counts, views, _ = posts(200, 4)
    train, hidden = np.arange(150), counts.copy()
    hidden[150:] = 0
    one, other = (cross_train(build, inputs, k, views, train, folds(150), Recipe(2)) for k in (counts, hidden))
    np.testing.assert_array_equal(one.forecast.mean, other.forecast.mean)


def test_the_same_seed_gives_the_same_network_and_another_seed_another():
    assert same(fitted(), fitted())
    assert not same(fitted(), fitted(seed=1))


@pytest.mark.parametrize("after", [1, 3])
def test_a_run_that_was_killed_goes_on_to_the_same_network(tmp_path, after):
    file, epochs = tmp_path / "fold.pt", []

    def killed(network):
        epochs.append(network)
        if len(epochs) > after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fitted(checkpoint=file, each_epoch=killed)
    reported = []
    assert same(fitted(checkpoint=file, report=reported.append), fitted())
    assert reported[0] == after * 5 and sum(reported) == RECIPE.steps(160) == 30


@pytest.mark.parametrize(("recipe", "steps"), [(Recipe(3, batch=64), 9), (Recipe(3, batch=64, most_steps=4), 4)])
def test_the_number_of_steps_is_fixed(recipe, steps):
    reported = []
    fitted(recipe, report=reported.append)
    assert sum(reported) == steps == recipe.steps(160)


def test_without_a_limit_every_epoch_is_trained_however_many_posts_there_are():
    """A limit of 10,000 steps ended the network of the average before its last epoch on a feed of 200,000 posts."""
    assert Recipe(25, batch=256).steps(200_000) == 25 * 782


def test_layers_near_the_input_move_less():
    torch.manual_seed(0)
    before = posts(160, 3)[0]().first.weight
    moved = [
        (fitted(Recipe(2, decay=0.0, slower=slower))["first.weight"] - before).abs().max() for slower in (1.0, 0.01)
    ]
    assert 0 < moved[1] < moved[0] / 20


def test_infinite_features_are_refused():
    build, inputs, counts, views, _ = posts(160, 3)
    with pytest.raises(FloatingPointError, match="infinities"):
        fit_network(build, lambda rows, training: (inputs(rows, training)[0] + np.inf,), counts, views, RECIPE, 0)
