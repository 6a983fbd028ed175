"""Log-probability, cumulative probability, quantile and ranked probability score of single rows."""

from __future__ import annotations

import math

import numpy as np

from lib.betabinomial.kernels.compile import jit

STIRLING_FROM = 10.0  # six terms of Stirling's series are exact to 1e-15 from this argument on
DIRECT_UP_TO = 10  # up to this many factors of a rising factorial are multiplied one by one
SERIES = 12  # terms of the series of `_deviance`: each is at most 0.01 of the one before
TINY = 1e-280  # below this value of alpha, beta or the mean, probabilities are proportional to (a power of) it
HALF_LOG_2PI = 0.9189385332046727
LOG_2PI = 1.8378770664093453


@jit
def _stirling(x):
    """``log gamma(x) - ((x - 1/2) log x - x + log(2 pi) / 2)``."""
    if x < STIRLING_FROM:
        return math.lgamma(x) - (x - 0.5) * math.log(x) + x - HALF_LOG_2PI
    v = 1.0 / x
    t = v * v
    return v * (
        1 / 12 - t * (1 / 360 - t * (1 / 1260 - t * (1 / 1680 - t * (1 / 1188 - t * (691 / 360360 - t / 156)))))
    )


@jit
def _stirling_difference(x, step):
    """``_stirling(x + step) - _stirling(x)`` for x of at least 10, to the relative accuracy of the step."""
    u = 1.0 / x
    v = 1.0 / (x + step)
    power = -step * u * v  # v^i - u^i
    u_i = u
    spread = power * (u + v)  # v^2 - u^2
    total = power / 12
    for c in (-1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156):
        power = v * v * power + u_i * spread
        u_i *= u * u
        total += c * power
    return total


@jit
def _deviance(x, m, difference):
    """``x log(x / m) + m - x``, after Loader (2000).

    ``difference`` is x - m, which the caller may know more accurately than x and m give it.
    """
    if abs(difference) < 0.1 * (x + m):
        v = difference / (x + m)
        v2 = v * v
        total = difference * v
        term = 2.0 * x * v
        for i in range(SERIES):
            term *= v2
            total += term / (2 * i + 3)
        return total
    return x * math.log(x / m) - difference


@jit
def _log_left(taken, left):
    """``log(left)``, where ``left = 1 - taken`` and the smaller of the two is exact."""
    return math.log1p(-taken) if taken < 0.5 else math.log(left)


@jit
def _log_no_success(n, a, b, s):
    """log of ``(b)_n / (s)_n``, the probability of k = 0; the relative error stays small where the log is near 0."""
    steps = n
    if n > DIRECT_UP_TO:
        steps = max(0.0, math.ceil(STIRLING_FROM - b))
        steps = min(steps, n)
    total = 0.0
    j = 0.0
    while j < steps:
        total += _log_left(a / (s + j), (b + j) / (s + j))
        j += 1.0
    m = n - steps
    if m == 0.0:
        return total
    b += steps
    s += steps
    total += m * _log_left(a / (m + s), (m + b) / (m + s)) - a * math.log1p(m / s)
    taken = a * (m / s) / (m + b)
    if taken > TINY:
        total -= (b - 0.5) * _log_left(taken, b / (m + b) * ((m + s) / s))
    else:
        total += (b - 0.5) / (m + b) * (a * (m / s))
    return total + _stirling_difference(b, a) - _stirling_difference(m + b, a)


@jit
def log_pmf(k, n, mu, q, s):
    """Log-pmf in saddle-point form.

    With ``P = (k + a) / (n + s)`` and KL the Bernoulli divergence, the log-pmf is ``-n KL(k/n, P) - s KL(mu, P)``
    plus terms of the order of log(n s). No large terms cancel.
    """
    if n == 0.0:
        return 0.0
    if mu == 0.0 or q == 0.0:
        return 0.0 if (k == 0.0 if mu == 0.0 else k == n) else -np.inf
    m = n - k
    if s == np.inf:
        if k == 0.0:
            return n * _log_left(mu, q)
        if m == 0.0:
            return n * _log_left(q, mu)
        scale = 0.0
        if mu < TINY:
            scale = k * (math.log(mu) - math.log(TINY))
            mu = TINY
        if q < TINY:
            scale = m * (math.log(q) - math.log(TINY))
            q = TINY
        excess = k - n * mu if mu < 0.5 else n * q - m
        total = scale - _deviance(k, n * mu, excess) - _deviance(m, n * q, -excess)
        return total + 0.5 * math.log(n / k / m) - HALF_LOG_2PI + _stirling(n) - _stirling(k) - _stirling(m)
    a = mu * s
    b = q * s
    scale = 0.0
    if a < TINY and k > 0.0:
        scale += math.log(mu) + math.log(s) - math.log(TINY)
        a = TINY
    if b < TINY and m > 0.0:
        scale += math.log(q) + math.log(s) - math.log(TINY)
        b = TINY
    if k == 0.0:
        return scale + _log_no_success(n, a, b, s)
    if m == 0.0:
        return scale + _log_no_success(n, b, a, s)
    excess = (k - n * mu if mu < 0.5 else n * q - m) * (s / (n + s))
    share = n / (n + s)
    rest = s / (n + s)
    total = scale - _deviance(k, (k + a) * share, excess) - _deviance(m, (m + b) * share, -excess)
    total -= _deviance(a, (k + a) * rest, -excess) + _deviance(b, (m + b) * rest, excess)
    total += 0.5 * (math.log(a / (k + a) * (b / (m + b) * ((n + s) / s)) * (n / k / m)) - LOG_2PI)
    total += _stirling(n) - _stirling(k) - _stirling(m) - _stirling(n + s) + _stirling(s)
    return total + (_stirling(k + a) - _stirling(a)) + (_stirling(m + b) - _stirling(b))


@jit
def log_pmf_rows(k, n, mu, q, s, out):
    for i in range(k.size):
        out[i] = log_pmf(k[i], n[i], mu[i], q[i], s[i])


# --- tails: sums of the pmf from ratios of neighbouring terms -------------------------------------------------------


@jit
def _up(j, n, mu, q, s):
    """pmf(j + 1) / pmf(j)."""
    if s == np.inf:
        return (n - j) / (j + 1.0) * (mu / q)
    return (n - j) / (j + 1.0) * ((mu * s + j) / (q * s + (n - j - 1.0)))


@jit
def _down(j, n, mu, q, s):
    """pmf(j - 1) / pmf(j)."""
    return _up(n - j, n, q, mu, s)


@jit
def _below(k, n, mu, q, s):
    """P(Y <= k), summed downwards from k; accurate for k at or below the mean."""
    if k < 0.0:
        return 0.0
    total = 1.0
    term = 1.0
    falls = mu * s >= 1.0  # then the pmf has one mode and falls towards k = 0
    j = k
    while j > 0.0:
        ratio = _down(j, n, mu, q, s)
        j -= 1.0
        term *= ratio
        total += term
        if falls and ratio < 1.0 and term * (j + 1.0) < 1e-18 * total:
            break
    return total * math.exp(log_pmf(k, n, mu, q, s))


@jit
def cdf(k, n, mu, q, s):
    """P(Y <= k), summed on the side of the mean where k lies, so that small lower tails are accurate."""
    if k < 0.0:
        return 0.0
    if k >= n or mu == 0.0:
        return 1.0
    if q == 0.0:
        return 0.0
    if k <= n * mu:
        return min(1.0, _below(k, n, mu, q, s))
    return max(0.0, 1.0 - _below(n - k - 1.0, n, q, mu, s))


@jit
def ppf(p, n, mu, q, s):
    """Smallest k with cdf(k) >= p: step from the mean while the running sum is accurate, then bisect."""
    if p <= 0.0 or mu == 0.0 or n == 0.0:
        return 0.0
    if p >= 1.0 or q == 0.0:
        return n
    k = math.floor(n * mu)
    total = cdf(k, n, mu, q, s)
    term = math.exp(log_pmf(k, n, mu, q, s))
    if total < p:
        while total < p and k < n and total + term > total:
            term *= _up(k, n, mu, q, s)
            k += 1.0
            total += term
    else:
        while k > 0.0 and total - term >= p and total > 1e-10:
            total -= term
            term *= _down(k, n, mu, q, s)
            k -= 1.0
    step = 1.0
    if cdf(k, n, mu, q, s) >= p:
        high = k
        low = k - 1.0
        while low >= 0.0 and cdf(low, n, mu, q, s) >= p:
            high = low
            low = max(-1.0, low - step)
            step *= 2.0
    else:
        low = k
        high = k + 1.0
        while high < n and cdf(high, n, mu, q, s) < p:
            low = high
            high = min(n, high + step)
            step *= 2.0
    while high - low > 1.0:
        middle = math.floor(0.5 * (low + high))
        if cdf(middle, n, mu, q, s) >= p:
            high = middle
        else:
            low = middle
    return high


@jit
def _squared_below(k, n, mu, q, s):
    """Sum of P(Y <= j)^2 over j < k, from the mean downwards and upwards: at the mean the pmf does not underflow."""
    if k == 0.0:
        return 0.0
    middle = min(k - 1.0, math.floor(n * mu))
    chance = math.exp(log_pmf(middle, n, mu, q, s))
    total = 0.0
    j = middle
    below = cdf(j, n, mu, q, s)
    term = chance
    while below > 0.0 and j >= 0.0:
        total += below * below
        if below * below * j <= 1e-17 * total:
            break
        below -= term
        term *= _down(j, n, mu, q, s)
        j -= 1.0
    j = middle + 1.0
    above = _below(n - j, n, q, mu, s)  # P(Y >= j)
    term = chance
    while j < k:
        term *= _up(j - 1.0, n, mu, q, s)
        above -= term
        if above < 1e-17:
            return total + k - j
        total += (1.0 - above) ** 2
        j += 1.0
    return total


@jit
def crps(k, n, mu, q, s):
    """Sum over j < n of (P(Y <= j) - [k <= j])^2."""
    if mu == 0.0:
        return k
    if q == 0.0:
        return n - k
    return _squared_below(k, n, mu, q, s) + _squared_below(n - k, n, q, mu, s)


@jit
def cdf_rows(k, n, mu, q, s, out):
    for i in range(k.size):
        out[i] = cdf(k[i], n[i], mu[i], q[i], s[i])


@jit
def ppf_rows(p, n, mu, q, s, out):
    for i in range(p.size):
        out[i] = ppf(p[i], n[i], mu[i], q[i], s[i])


@jit
def crps_rows(k, n, mu, q, s, out):
    for i in range(k.size):
        out[i] = crps(k[i], n[i], mu[i], q[i], s[i])
