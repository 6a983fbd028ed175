"""A log ratio of rates with its error, as a relative change with its interval."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri, stdtr, stdtrit

Z_95 = float(ndtri(0.975))


def relative_change(log_ratio: float, error: float, df: float, level: float = 0.95) -> dict[str, float]:
    """``effect``, the relative change of a rate, with its interval ``low`` to ``high``, and ``p`` of no change.

    Parameters
    ----------
    error, df
        Standard error of the log ratio, and the degrees of freedom of Student's t.
    """
    half = stdtrit(df, (1 + level) / 2) * error
    ends = np.expm1([log_ratio - half, log_ratio, log_ratio + half])
    return dict(zip(("low", "effect", "high"), ends, strict=True)) | {"p": 2 * stdtr(df, -abs(log_ratio) / error)}
