from dataclasses import replace

import numpy as np
import pytest
from tiny_models import save_text_model

from lib.embedding.transformer import HubText
from lib.models import OWN, OWN_FULL, TUNED, log_score
from lib.models.training import Recipe
from lib.report import own_sentences
from lib.study import own_models
from lib.study.own_models import FUSED, PHOTO, SMALL, TEXT, TUNED_TEXT


@pytest.fixture
def own(small, monkeypatch):
    """The small feed, as if it had enough posts."""
    monkeypatch.setattr(own_models, "LEAST", len(small.posts))
    return small


def test_few_posts_and_posts_without_a_source_train_nothing(small, plain, monkeypatch):
    assert own_models.listed(small) == [] and own_models.steps(small) == []
    monkeypatch.setattr(own_models, "LEAST", len(plain.posts))
    assert own_models.listed(plain) == [] and own_models.table(plain, TEXT).empty


def test_every_network_is_trained_in_one_step(own):
    assert own_models.listed(own) == list(OWN) and len(own_models.steps(own)) == 3
    assert sorted(name for names in own_models.TOGETHER for name in names) == sorted([*OWN, *TUNED])


def test_a_full_training_has_the_encoders_that_are_models_of_the_hub(own, tmp_path, monkeypatch):
    save_text_model(tmp_path)
    study = replace(own, encoders=own.encoders | {"text": HubText(str(tmp_path))})
    assert not set(own_models.listed(study)) & set(TUNED)
    monkeypatch.setenv("TRAIN", "full")
    monkeypatch.setitem(OWN_FULL, TUNED_TEXT, replace(OWN_FULL[TUNED_TEXT], recipe=Recipe(1, 64)))
    assert own_models.listed(study) == [*OWN, TUNED_TEXT] and own_models.steps(study)[0] == TUNED_TEXT
    row = own_models.table(study, TUNED_TEXT).set_index("name").loc[TUNED_TEXT]
    assert row["weights"] > 10_000 and np.isfinite(row["more"])
    assert "all of whose weights were trained" in own_sentences._tuned(study, TUNED_TEXT)
    assert not list((study.folder / "training").iterdir())


@pytest.mark.parametrize("names", [(TEXT,), (PHOTO, SMALL), (FUSED,)])
def test_a_table_holds_each_network_after_the_regression_beside_it(own, names):
    table = own_models.table(own, *names).set_index("name")
    assert list(table.index) == [own_models.BESIDE[names[0]], *names]
    for name in names:
        found, test = own_models.trained(own, name), own.split.test
        score = log_score(own.counts[test], own.views[test], found.forecast[test]).mean()
        row, beside = table.loc[name], table.loc[own_models.BESIDE[name]]
        assert row["value"] - beside["value"] == pytest.approx(row["more"])
        assert score == pytest.approx(own_models.log_scores(own, name).mean())
        assert row["weights"] == found.weights > 1000 and row["device"] == "cpu" and row["seconds"] > 0
        assert np.isfinite(found.forecast.mean).all() and (found.forecast.rho < 1).all()
    assert own_models.difference(own, names[0], names[0]).value == 0


def test_the_variable_asks_for_more_training(monkeypatch):
    monkeypatch.setenv("TRAIN", "full")
    assert own_models.full()
    monkeypatch.setenv("TRAIN", "all")
    with pytest.raises(ValueError, match="TRAIN=full trains"):
        own_models.full()
