"""The data and tables of the appendix on the regression, and its code, which runs as it stands."""

import contextlib
import io
import re
from pathlib import Path

import numpy as np
import pytest

from lib.betabinomial import fit_formula, fit_regression, fit_zero_inflated_regression
from lib.report import guide

PAGE = Path(__file__).parents[2] / "chapters/a1-regression-guide.qmd"


@pytest.fixture(scope="module")
def page():
    """What the code of the page leaves: its names, and what it prints as ``printed``."""
    names, printed = {}, io.StringIO()
    with contextlib.redirect_stdout(printed):
        for cell in re.findall(r"^```\{python\}\n(.*?)^```$", PAGE.read_text("utf-8"), re.S | re.M):
            exec(cell, names)
    return names | {"printed": printed.getvalue()}


def test_the_herds_are_those_of_lme4():
    """R: glm(cbind(incidence, size - incidence) ~ period, binomial, cbpp) has -1.269, -1.171, -1.301, -1.782."""
    import statsmodels.api as sm

    herds = guide.cbpp()
    assert herds.shape == (56, 4) and herds["incidence"].sum() == 99 and herds["size"].sum() == 842
    X = np.column_stack([np.ones(56), *(herds["period"] == p for p in "234")])
    pairs = herds["incidence"], herds["size"] - herds["incidence"]
    fit = sm.GLM(np.column_stack(pairs), X, family=sm.families.Binomial()).fit()
    np.testing.assert_allclose(fit.params, [-1.269, -1.171, -1.301, -1.782], atol=5e-4)


def test_the_salamanders_have_the_effects_they_are_simulated_with():
    """The mean estimate over 40 simulated tables, within four standard errors of the truth."""
    truth = np.array([np.log(0.4 / 0.6), np.log(0.25 / 0.75) - np.log(0.4 / 0.6), np.log(9.0)])
    estimates = []
    for seed in range(40):
        table = guide.salamanders(seed)
        X = np.column_stack([np.ones(len(table)), table["mined"] == "yes"])
        fit = fit_zero_inflated_regression(X, table["seen"], table["visits"], zero=X)
        estimates.append([*fit.coef, *fit.dispersion])
    error = np.std(estimates, axis=0) / np.sqrt(40)
    assert (np.abs(np.mean(estimates, axis=0) - truth)[:2] < 4 * error[:2]).all()
    assert abs(np.median(estimates, axis=0)[2] - truth[2]) < 4 * error[2]
    assert guide.salamanders().equals(guide.salamanders()) and len(guide.salamanders()) == 161


def test_each_state_of_a_fit_has_a_meaning_and_advice():
    table = guide.states()
    listed = guide.listed_states(type(fit_regression(np.ones((2, 1)), [1, 2], [3, 9])))
    assert set(listed) <= set(table["state"]) and len(listed) == 10
    assert table["state"].is_unique and (table["what the fit is"].str.len() > 10).all()
    assert table.set_index("state").loc["all full", "what the fit is"].startswith("no success (no failure)")
    assert not table["what the fit is"].str.contains("`").any()


def test_the_table_of_peers_is_complete():
    table = guide.peers()
    assert list(table) == ["feature", "here", *guide.PEERS]
    assert set(table.iloc[:, 1:].stack()) == {"yes", "no", "partly", "?"}
    assert table.loc[table["here"] == "no", "feature"].tolist() == ["random effects"]


def test_a_wrapped_table_is_a_pipe_table():
    lines = guide.wrapped(guide.states()).splitlines()
    assert lines[:2] == ["| state | what the fit is | what to do |", "| --- | --- | --- |"]
    assert {line.count("|") for line in lines} == {4} and len(lines) == len(guide.states()) + 2


def test_the_code_of_the_page_runs_and_says_what_the_page_says(page):
    assert page["fit"].state == "regular" and page["each"].state == "dispersion unbounded"
    assert page["inflated"].state == "regular" and page["inflated"].aic < page["plain"].aic
    np.testing.assert_allclose(page["grouped"].coef, page["fit"].coef, rtol=1e-8)
    assert "coefficients differ by 0.000000" in page["printed"]
    assert page["search"].best_estimator_[-1].result_.converged


def test_statsmodels_and_this_library_agree_on_the_factor_for_few_clusters(page):
    """The binomial is the limit rho = 0: with a row per animal, rho is not identified and the covariances are equal."""
    herds = guide.cbpp()
    rows = herds.loc[herds.index.repeat(herds["size"])].reset_index(drop=True)
    place = rows.groupby(["herd", "period"]).cumcount()
    rows["new"] = (place < rows["incidence"]).astype(int)
    rows["one"] = 1
    ours = fit_formula("~ period", rows, k="new", n="one", clusters="herd")
    assert ours.state == "rho unidentified"
    errors = ours.summary(robust=True, small_sample="CR1S")["std_err"].iloc[:4]
    usual = page["clustered"].bse.to_numpy() / np.sqrt(55 / 52) * np.sqrt(841 / 838)
    np.testing.assert_allclose(errors, usual, rtol=1e-5)
