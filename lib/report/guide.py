"""What the appendix on the regression shows: example data, states of a fit, and what other packages offer."""

from __future__ import annotations

import inspect
import re
from io import StringIO

import numpy as np
import pandas as pd

from lib.betabinomial import RegressionFit, ZeroInflatedRegressionFit, rvs
from lib.report.numbers import Text

# New cases of contagious bovine pleuropneumonia out of animals at risk in 15 herds over four quarters. A line is a
# herd; - is a quarter without data. Lesnoff et al. (2004), doi:10.1016/j.prevetmed.2004.03.005, as in R's lme4.
_CBPP = """
2/14 3/12 4/9 0/5
3/22 1/18 1/21 -
8/22 2/16 0/16 2/20
2/10 0/10 2/9 0/6
5/18 0/25 0/24 1/4
3/17 0/17 0/18 1/20
8/16 1/10 3/9 0/5
12/34 - - -
2/9 0/6 0/8 0/6
1/22 1/22 0/18 2/22
0/25 5/27 3/22 1/22
2/10 1/8 0/6 0/5
1/21 2/24 0/19 0/23
11/19 0/2 0/3 0/2
1/19 1/15 1/15 0/15
"""

WHAT_TO_DO = {
    "regular": "Use it.",
    "collinear": "Use it. The aliased columns add nothing; leave them out if their coefficients are to be read.",
    "no inflation": "Use it, or fit_regression, which gives the same.",
    "binomial": "Use it. A binomial regression gives the same coefficients.",
    "rho unidentified": "Use coef and predict. If the trials of one unit are spread over rows, put them into one row.",
    "rho one": "Use coef and predict, and ask whether a row really holds several trials.",
    "all zero": "Don't use it. More trials are needed, or a response that happens.",
    "all full": "Don't use it. More trials are needed, or a response that sometimes fails.",
    "separated": "Drop or merge the columns that the message names, or set l2 > 0. A profile has one finite end.",
    "zeros separated": "Take a simpler design for zero; coefficients that have a standard error can be used.",
    "dispersion unbounded": "Take a simpler Z; coefficients that have a standard error can be used.",
    "not converged": "Don't use it. Look for wrong rows and for columns of hardly any variation.",
}

_ONLY_ZEROS = ("no inflation", "zeros separated")

PEERS = ("glmmTMB", "gamlss", "VGAM", "aod", "corncob", "PROreg", "statsmodels")
_OFFERS = """
feature | here | glmmTMB | gamlss | VGAM | aod | corncob | PROreg | statsmodels
the regression itself | yes | yes | yes | yes | yes | yes | yes | no
formula | yes | yes | yes | yes | yes | yes | yes | yes
dispersion formula | yes | yes | yes | yes | partly | yes | no | no
certain zeros | yes | yes | yes | ? | no | no | no | no
offset | yes | yes | yes | yes | ? | ? | no | yes
weights of rows | yes | yes | yes | yes | no | no | no | yes
two kinds of weights | yes | no | no | no | no | no | no | yes
cluster-robust errors | yes | yes | ? | ? | no | ? | no | yes
errors of new means | yes | yes | no | yes | yes | ? | no | yes
interval of next count | yes | no | no | ? | no | ? | no | no
Pearson residuals | yes | yes | ? | yes | yes | ? | no | yes
deviance residuals | yes | ? | ? | ? | no | ? | no | yes
quantile residuals | yes | partly | yes | ? | no | ? | no | no
drawing new counts | yes | yes | yes | ? | no | yes | yes | yes
joint Wald test | yes | yes | ? | ? | yes | yes | no | yes
likelihood-ratio test | yes | yes | yes | yes | yes | yes | no | partly
profile intervals | yes | yes | yes | yes | no | no | no | no
leverage | yes | yes | yes | yes | no | no | no | yes
penalty | yes | yes | yes | ? | no | no | no | yes
says what is wrong | yes | yes | ? | ? | no | partly | no | partly
scikit-learn estimator | yes | no | no | no | no | no | no | no
random effects | no | yes | yes | no | no | no | yes | partly
"""


def cbpp() -> pd.DataFrame:
    """The herds of R's ``lme4::cbpp``: (56, 4) ``herd``, ``period`` (text), ``incidence`` (new cases) and ``size``."""
    rows = []
    for herd, line in enumerate(_CBPP.split("\n")[1:-1], start=1):
        for period, cell in enumerate(line.split(), start=1):
            if cell != "-":
                cases, size = map(int, cell.split("/"))
                rows.append({"herd": herd, "period": str(period), "incidence": cases, "size": size})
    return pd.DataFrame(rows)


def salamanders(seed: int = 2) -> pd.DataFrame:
    """Simulated data like those of R's ``glmmTMB::Salamanders``: visits to a stream on which a species was seen.

    Returns
    -------
    (161, 5) 23 streams by 7 species: ``site``, ``species``, ``mined`` ("yes" or "no"), ``seen`` and ``visits``. In a
    mined stream a species is absent with probability 0.5, else 0.15, and then never seen. A species that is there is
    seen on a visit with probability 0.25 in a mined stream, else 0.4, with correlation 0.1 of its visits.
    """
    rng = np.random.default_rng(seed)
    site, species = (values.ravel() for values in np.meshgrid(np.arange(1, 24), list("ABCDEFG"), indexing="ij"))
    mined = site <= 11
    visits = rng.integers(6, 15, site.size)
    seen = rvs(visits, np.where(mined, 0.25, 0.4), 0.1, rng)
    seen[rng.random(site.size) < np.where(mined, 0.5, 0.15)] = 0
    mined = np.where(mined, "yes", "no")
    return pd.DataFrame({"site": site, "species": species, "mined": mined, "seen": seen, "visits": visits})


def states() -> pd.DataFrame:
    """The states of a fit: "state"; "what the fit is", from the docstrings of the fits; "what to do"."""
    found = listed_states(RegressionFit) | {
        k: v for k, v in listed_states(ZeroInflatedRegressionFit).items() if k in _ONLY_ZEROS
    }
    rows = [(state, found[state], advice) for state, advice in WHAT_TO_DO.items()]
    return pd.DataFrame(rows, columns=["state", "what the fit is", "what to do"])


def listed_states(fit: type) -> dict[str, str]:
    """The states that a fit's docstring lists, with their meanings."""
    text = inspect.getdoc(fit).split("The states", 1)[1].split("\n\n", 2)[1]
    found = {}
    for item in text.replace("\n  ", " ").splitlines():
        names, _, meaning = item.removeprefix("- ").partition(": ")
        for name in re.findall(r"``([\w ]+)``", names):
            found[name] = meaning.replace("`", "").rstrip(".")
    return found


def peers() -> pd.DataFrame:
    """What this library and its peers offer: ``feature``, ``here`` and one column per name of ``PEERS``.

    A cell is "yes", "no", "partly", or "?" where neither manual nor source was checked.
    """
    return pd.read_csv(StringIO(_OFFERS), sep=r"\s*\|\s*", engine="python")


def wrapped(frame: pd.DataFrame) -> Text:
    """A Markdown table of texts, headed by the names of the columns; its cells wrap, unlike those of ``table``."""
    lines = [list(frame), ["---"] * frame.shape[1], *frame.to_numpy().tolist()]
    return Text("\n".join(f"| {' | '.join(line)} |" for line in lines))
