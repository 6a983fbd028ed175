"""Compiled loops of the beta-binomial.

Notation: ``k`` of ``n`` trials succeeded, ``mu`` is the mean and ``q = 1 - mu``; ``s = alpha + beta``,
``a = mu s`` and ``b = q s``. ``s = inf`` is the binomial.

No loop adds up log-gammas. With seven million trials three log-gammas are about 1e8 each and their sum is about
10, so only seven digits would remain.

``pmf`` holds the distribution, ``derivatives`` holds the likelihood of a regression, and ``compile`` holds the
decorators that compile both. Where a docstring gives no types, arguments are float64 scalars or arrays (rows,).
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
