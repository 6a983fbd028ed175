import numpy as np
import pandas as pd
import pytest

from lib.report import usual_sentences
from lib.report.numbers import decimal, label_of, number
from lib.study import usual


@pytest.mark.parametrize("of", ["small", "sparse", "plain"])
def test_every_sentence_can_be_said_of_any_feed(of, request):
    study = request.getfixturevalue(of)
    found = usual.comparison(study)
    assert usual_sentences.activity(study) == label_of(usual.activity(study))
    widths = found.widths()
    narrow = number((widths["binomial, robust"] / widths["binomial"]).median())
    assert f"{narrow} times too narrow" in usual_sentences.too_narrow(study)
    assert f"scores {decimal(found.scores['binomial'].mean(), 1)} nats" in usual_sentences.scores(study)
    for said in (usual_sentences.robust(study), usual_sentences.scores(study)):
        assert "nan" not in said and "not defined" not in said


def test_intervals_that_are_wide_enough_are_not_called_too_narrow(small, monkeypatch):
    rows = [("a", tool, 0.0, -1.0, 1.0) for tool in usual.TOOLS]
    table = pd.DataFrame(rows, columns=["name", "tool", "value", "low", "high"])
    monkeypatch.setattr(usual, "comparison", lambda study: usual.Comparison(table, (0.1, 0.1), pd.DataFrame()))
    assert "no narrower" in usual_sentences.too_narrow(small)


def test_the_table_has_the_coefficients_side_by_side(small):
    table = usual_sentences.side_by_side(small)
    of = usual.comparison(small).coefficients
    assert table["name"].tolist() == of["name"].unique().tolist()
    robust = of[of["tool"] == "binomial, robust"].iloc[0]
    assert table["robust"][0] == f"{decimal(robust['low'], 2)} to {decimal(robust['high'], 2)}"
    ours = of.loc[of["tool"] == "beta-binomial", "value"]
    read = table["beta-binomial"].str.replace("−", "-").astype(float)
    np.testing.assert_allclose(read, ours, atol=0.005)
