import numpy as np

from lib.models import BASELINE, BLEND, MODELS, OWN, fit_model
from lib.study import own_models, scores, tried
from lib.study.save import needed


def test_every_model_and_rival_is_an_experiment(small, plain):
    found = {one.what: one for one in tried.experiments(small)}
    assert {MODELS[name].label for name in small.forecasts} <= set(found)
    assert {OWN[name].label for name in own_models.listed(small)} <= set(found)
    assert {"text vector by navec-sif", "photo vector by thumbnail", "text vector, 10 components"} <= set(found)
    gains = [one.gain.value for one in tried.experiments(small)]
    assert gains == sorted(gains, reverse=True)
    assert found["text"].gain == scores.gain(small, "text")
    kept = {MODELS[name].label for name in needed(small, scores.best(small))}
    assert {what for what, one in found.items() if one.kept} == kept
    assert MODELS[BASELINE].label in {one.what for one in tried.experiments(plain)}


def test_parameters_are_the_numbers_that_were_fitted(small):
    found = {one.what: one.parameters for one in tried.experiments(small)}
    a = len(small.activities)
    model = small.fitted("text").model
    assert found["no features"] == 2 * a
    assert found["text"] == model.coef_.size + model.dispersion_.size + model.penalties_.size
    assert found[MODELS[BLEND].label] == (len(small.spec(BLEND).members) + 4) * a
    has_all = bool(small.readable["text"]["has_text"].all())
    assert found["text vector, 10 components"] == (1 + 10 + (not has_all)) * a


def test_the_seconds_of_a_fit_are_noted_where_it_is_fitted(small, tmp_path):
    assert small.fit_seconds("text") > 0
    fresh = type(small)(small.source, small.encoders, tmp_path)
    key = fresh.model_key(BASELINE)
    fresh.keep(f"model-{BASELINE}", fit_model, lambda: small.fitted(BASELINE), key)
    assert np.isnan(fresh.fit_seconds(BASELINE))
