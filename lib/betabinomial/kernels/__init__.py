"""Compiled loops of the beta-binomial: one row at a time, nothing allocated, no Python object touched.

Notation: ``k`` of ``n`` trials succeeded, ``mu`` is the mean and ``q = 1 - mu``; ``s = alpha + beta``,
``a = mu s`` and ``b = q s``. ``s = inf`` is the binomial.

No sum of log-gammas is formed anywhere. With seven million trials the three log-gammas are of the order of
1e8 and their sum of the order of 10, which would leave seven digits.

``pmf`` has the distribution, ``derivatives`` the likelihood of a regression, ``compile`` how both are compiled.
"""

from __future__ import annotations

from lib.betabinomial.kernels.derivatives import centre, fused_pass, gram, rising
from lib.betabinomial.kernels.pmf import cdf_rows, crps_rows, log_pmf, log_pmf_rows, ppf_rows

__all__ = [
    "cdf_rows",
    "centre",
    "crps_rows",
    "fused_pass",
    "gram",
    "log_pmf",
    "log_pmf_rows",
    "ppf_rows",
    "rising",
]
