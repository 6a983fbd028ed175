"""Compiled loops of the beta-binomial: one row at a time, nothing allocated, no Python object touched.

Notation: ``k`` of ``n`` trials succeeded, ``mu`` is the mean and ``q = 1 - mu``; ``s = alpha + beta``,
``a = mu s`` and ``b = q s``. ``s = inf`` is the binomial. All kernels stay in this one file, because numba
invalidates its cache by the file of the caller only.

No sum of log-gammas is formed anywhere. With seven million trials the three log-gammas are of the order of
1e8 and their sum of the order of 10, which would leave seven digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numba
import numpy as np

STIRLING_FROM = 10.0  # six terms of Stirling's series are exact to 1e-15 from here on
DIRECT_UP_TO = 10.0  # this many factors of a rising factorial are multiplied one by one
TINY = 1e-30  # smallest alpha, beta: nine factors of 1 / TINY still fit into a float64
HALF_LOG_2PI = 0.9189385332046727
LOG_2PI = 1.8378770664093453
BLOCK = 128  # rows whose weights are held in the first-level cache between the two halves of a pass


def jit(function: Callable) -> Callable:
    """Compile on first use, once per machine; per process where no cache directory can be written."""
    options = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # "no locator available": neither the package nor the home directory is writable
        return numba.njit(**options)(function)


# --- the log-pmf, to the last digits -------------------------------------------------------------------------


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
    """``_stirling(x + step) - _stirling(x)`` for x of at least 10, with the relative accuracy of the step."""
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
    """``x log(x / m) + m - x``, after Loader (2000); ``difference`` is x - m, which may be known better."""
    if abs(difference) < 0.1 * (x + m):
        v = difference / (x + m)
        v2 = v * v
        total = difference * v
        term = 2.0 * x * v
        i = 1
        while True:
            term *= v2
            i += 2
            previous = total
            total += term / i
            if total == previous:
                return total
    return x * math.log(x / m) - difference


@jit
def _log_left(taken, left):
    """``log(left)``, where ``left = 1 - taken`` and the smaller of the two is the exact one."""
    return math.log1p(-taken) if taken < 0.5 else math.log(left)


@jit
def _log_no_success(n, a, b, s):
    """log of ``(b)_n / (s)_n``, the probability of k = 0; relatively exact also where it is nearly 0."""
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
    total -= (b - 0.5) * _log_left(a * (m / s) / (m + b), b / (m + b) * ((m + s) / s))
    return total + _stirling_difference(b, a) - _stirling_difference(m + b, a)


@jit
def log_pmf(k, n, mu, q, s):
    """log-pmf in saddle-point form: with ``P = (k + a) / (n + s)`` and KL the Bernoulli divergence it is
    ``-n KL(k/n, P) - s KL(mu, P)`` plus terms of the order of log(n s): nothing large cancels."""
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
        excess = k - n * mu if mu < 0.5 else n * q - m
        total = -_deviance(k, n * mu, excess) - _deviance(m, n * q, -excess)
        return total + 0.5 * math.log(n / k / m) - HALF_LOG_2PI + _stirling(n) - _stirling(k) - _stirling(m)
    a = mu * s
    b = q * s
    if k == 0.0:
        return _log_no_success(n, a, b, s)
    if m == 0.0:
        return _log_no_success(n, b, a, s)
    excess = (k - n * mu if mu < 0.5 else n * q - m) * (s / (n + s))
    share = n / (n + s)
    rest = s / (n + s)
    total = -_deviance(k, (k + a) * share, excess) - _deviance(m, (m + b) * share, -excess)
    total -= _deviance(a, (k + a) * rest, -excess) + _deviance(b, (m + b) * rest, excess)
    total += 0.5 * (math.log(a / (k + a) * (b / (m + b)) * ((n + s) / s) * (n / k / m)) - LOG_2PI)
    total += _stirling(n) - _stirling(k) - _stirling(m) - _stirling(n + s) + _stirling(s)
    return total + (_stirling(k + a) - _stirling(a)) + (_stirling(m + b) - _stirling(b))


@jit
def log_pmf_rows(k, n, mu, q, s, out):
    for i in range(k.size):
        out[i] = log_pmf(k[i], n[i], mu[i], q[i], s[i])


# --- tails: sums of the pmf by its ratio of neighbours -------------------------------------------------------


@jit
def _up(j, n, mu, q, s):
    """pmf(j + 1) / pmf(j)."""
    if s == np.inf:
        return (n - j) / (j + 1.0) * (mu / q)
    return (n - j) / (j + 1.0) * ((mu * s + j) / (q * s + n - j - 1.0))


@jit
def _below(k, n, mu, q, s):
    """P(Y <= k), summed downwards from k; meant for k at or below the mean."""
    if k < 0.0:
        return 0.0
    total = 1.0
    term = 1.0
    falls = mu * s >= 1.0  # then the pmf has one hump and falls towards 0
    j = k
    while j > 0.0:
        j -= 1.0
        ratio = 1.0 / _up(j, n, mu, q, s)
        term *= ratio
        total += term
        if falls and ratio < 1.0 and term * (j + 1.0) < 1e-18 * total:
            break
    return total * math.exp(log_pmf(k, n, mu, q, s))


@jit
def cdf(k, n, mu, q, s):
    """P(Y <= k), from the side of the mean that k is on, so that small tails keep their digits."""
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
    """Smallest k with cdf(k) >= p: walk from the mean, then settle ties by the cdf itself."""
    if p <= 0.0 or mu == 0.0 or n == 0.0:
        return 0.0
    if p >= 1.0 or q == 0.0:
        return n
    k = math.floor(n * mu)
    total = cdf(k, n, mu, q, s)
    term = math.exp(log_pmf(k, n, mu, q, s))
    if total < p:
        while total < p and k < n:
            term *= _up(k, n, mu, q, s)
            k += 1.0
            total += term
    else:
        while k > 0.0 and total - term >= p:
            total -= term
            k -= 1.0
            term /= _up(k, n, mu, q, s)
    while k < n and cdf(k, n, mu, q, s) < p:
        k += 1.0
    while k > 0.0 and cdf(k - 1.0, n, mu, q, s) >= p:
        k -= 1.0
    return k


@jit
def _squared_below(k, n, mu, q, s):
    """Sum of P(Y <= j)^2 over j < k."""
    if k == 0.0:
        return 0.0
    j = k - 1.0
    f = cdf(j, n, mu, q, s)
    term = math.exp(log_pmf(j, n, mu, q, s))
    falls = mu * s >= 1.0
    total = 0.0
    while f > 0.0:
        total += f * f
        if j == 0.0 or (falls and f * f * j < 1e-17 * total):
            break
        f -= term
        j -= 1.0
        term /= _up(j, n, mu, q, s)
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


# --- the fit: value, gradient and Hessian in one pass --------------------------------------------------------


@jit
def _rising(x, m):
    """Four sums over j < m that carry a rising factorial of x and its first two derivatives:
    ``log(1 + j/x)``, ``j/(x+j)``, ``x/(x+j)`` and ``x j/(x+j)^2``. None is a difference of large numbers."""
    log_sum = 0.0
    lost = 0.0
    kept = 0.0
    bend = 0.0
    if m == 0.0:
        return log_sum, lost, kept, bend
    x = max(x, TINY)
    steps = m if m <= DIRECT_UP_TO else max(0.0, math.ceil(STIRLING_FROM - x))
    if steps > 0.0:
        inverse = 1.0 / x
        product = 0.0  # of the factors, less 1
        j = 0.0
        while j < steps:
            r = 1.0 / (x + j)
            jr = j * r
            xr = x * r
            lost += jr
            kept += xr
            bend += jr * xr
            product += j * inverse * (1.0 + product)
            j += 1.0
        log_sum = math.log1p(product)
        m -= steps
        if m <= 0.0:
            return log_sum, lost, kept, bend
    y = x + steps
    z = y + m
    iy = 1.0 / y
    iz = 1.0 / z
    t = m * iy
    c = m * iz
    u = iy * iy
    v = iz * iz
    stirling = iz * (1 / 12 - v * (1 / 360 - v * (1 / 1260 - v * (1 / 1680 - v * (1 / 1188 - v * 691 / 360360)))))
    stirling -= iy * (1 / 12 - u * (1 / 360 - u * (1 / 1260 - u * (1 / 1680 - u * (1 / 1188 - u * 691 / 360360)))))
    first = y * u * (1 / 12 - u * (1 / 120 - u * (1 / 252 - u * (1 / 240 - u * (1 / 132 - u * 691 / 32760)))))
    first -= y * v * (1 / 12 - v * (1 / 120 - v * (1 / 252 - v * (1 / 240 - v * (1 / 132 - v * 691 / 32760)))))
    w = y * y * iz
    second = iy * (1 / 6 - u * (1 / 30 - u * (1 / 42 - u * (1 / 30 - u * (5 / 66 - u * 691 / 2730)))))
    second -= w * v * (1 / 6 - v * (1 / 30 - v * (1 / 42 - v * (1 / 30 - v * (5 / 66 - v * 691 / 2730)))))
    if t < 0.5:
        r = t / (2.0 + t)
        g = r * r
        series = 1 / 3 + g * (1 / 5 + g * (1 / 7 + g * (1 / 9 + g * (1 / 11 + g * (1 / 13 + g * (1 / 15
                 + g * (1 / 17 + g * (1 / 19 + g * (1 / 21 + g / 23)))))))))  # fmt: skip
        less = r * (2.0 * g * series - t)  # log(1 + t) - t
        tail_log = m * t + z * less - 0.5 * (t + less) + stirling
        tail_lost = -y * less - 0.5 * c - first
        tail_kept = m - tail_lost
        tail_bend = y * (less + t * c)
    else:
        log_ratio = math.log(z * iy)
        tail_log = (z - 0.5) * log_ratio - m + stirling
        tail_kept = y * log_ratio + 0.5 * c + first
        tail_lost = m - tail_kept
        tail_bend = y * (log_ratio - c)
    tail_bend += first - second - 0.5 * c * (1.0 - c)
    if steps == 0.0:
        return tail_log, tail_lost, tail_kept, tail_bend
    share = x * iy
    log_sum += m * math.log(y * inverse) + tail_log
    kept += share * tail_kept
    lost += m - share * tail_kept
    bend += share * ((1.0 - share) * tail_kept + share * tail_bend)
    return log_sum, lost, kept, bend


@jit
def row_terms(k, n, eta, theta):
    """Log-likelihood less the binomial coefficient, and its derivatives: d_eta, d_theta, d_eta_eta,
    d_eta_theta, d_theta_theta, where ``mu = expit(eta)`` and ``s = exp(theta)``."""
    e = math.exp(-abs(eta))
    big = 1.0 / (1.0 + e)
    small = e * big
    mu = big if eta > 0.0 else small
    q = small if eta > 0.0 else big
    m = n - k
    value = k * eta - n * (max(eta, 0.0) + math.log1p(e))
    if theta == np.inf:
        return value, k - n * mu if eta < 0.0 else n * q - m, 0.0, -n * mu * q, 0.0, 0.0
    s = math.exp(theta)
    log_a, lost_a, kept_a, bend_a = _rising(mu * s, k)
    log_b, lost_b, kept_b, bend_b = _rising(q * s, m)
    log_s, lost_s, kept_s, bend_s = _rising(s, n)
    d_eta = q * kept_a - mu * kept_b
    d_theta = lost_s - lost_a - lost_b if n < s else kept_a + kept_b - kept_s
    d_eta_eta = q * q * bend_a + mu * mu * bend_b - mu * q * (kept_a + kept_b)
    return (
        value + log_a + log_b - log_s,
        d_eta,
        d_theta,
        d_eta_eta,
        q * bend_a - mu * bend_b,
        bend_a + bend_b - bend_s,
    )


@jit
def accumulate(x, z, first, last, w_xx, w_xz, w_zz, hessian):
    """Add ``sum_i w_xx x x'``, ``w_xz z x'`` and ``w_zz z z'`` over rows first..last to the lower triangle.

    The weights are indexed from ``first``. Four rows at a time: the matrix is then read and written a
    quarter as often.
    """
    p = x.shape[1]
    q = z.shape[1]
    i = first
    while i < last:
        r = i - first
        if i + 4 <= last:
            for a in range(p):
                c0 = w_xx[r] * x[i, a]
                c1 = w_xx[r + 1] * x[i + 1, a]
                c2 = w_xx[r + 2] * x[i + 2, a]
                c3 = w_xx[r + 3] * x[i + 3, a]
                for b in range(a + 1):
                    hessian[a, b] += c0 * x[i, b] + c1 * x[i + 1, b] + c2 * x[i + 2, b] + c3 * x[i + 3, b]
            for a in range(q):
                c0 = w_xz[r] * z[i, a]
                c1 = w_xz[r + 1] * z[i + 1, a]
                c2 = w_xz[r + 2] * z[i + 2, a]
                c3 = w_xz[r + 3] * z[i + 3, a]
                for b in range(p):
                    hessian[p + a, b] += c0 * x[i, b] + c1 * x[i + 1, b] + c2 * x[i + 2, b] + c3 * x[i + 3, b]
            stop = i + 4
        else:
            for a in range(p):
                c0 = w_xx[r] * x[i, a]
                for b in range(a + 1):
                    hessian[a, b] += c0 * x[i, b]
            for a in range(q):
                c0 = w_xz[r] * z[i, a]
                for b in range(p):
                    hessian[p + a, b] += c0 * x[i, b]
            stop = i + 1
        while i < stop:
            for a in range(q):
                c0 = w_zz[i - first] * z[i, a]
                for b in range(a + 1):
                    hessian[p + a, p + b] += c0 * z[i, b]
            i += 1


@jit
def weighted_rows(k, n, weight, eta, theta, terms):
    """Fill terms (5, rows) with the weighted derivatives of each row; give the weighted log-likelihood."""
    total = 0.0
    for i in range(k.size):
        value, d_eta, d_theta, d_ee, d_et, d_tt = row_terms(k[i], n[i], eta[i], theta[i])
        w = weight[i]
        total += w * value
        terms[0, i] = w * d_eta
        terms[1, i] = w * d_theta
        terms[2, i] = w * d_ee
        terms[3, i] = w * d_et
        terms[4, i] = w * d_tt
    return total


@jit
def fused_pass(x, z, k, n, weight, coef, dispersion, gradient, hessian):
    """Log-likelihood (less the binomial coefficients), gradient and lower triangle of the Hessian."""
    rows, p = x.shape
    q = z.shape[1]
    gradient[:] = 0.0
    hessian[:, :] = 0.0
    eta = np.empty(BLOCK)
    theta = np.empty(BLOCK)
    terms = np.empty((5, BLOCK))
    total = 0.0
    for first in range(0, rows, BLOCK):
        last = min(first + BLOCK, rows)
        size = last - first
        for r in range(size):
            value = 0.0
            for a in range(p):
                value += coef[a] * x[first + r, a]
            eta[r] = value
            value = 0.0
            for a in range(q):
                value += dispersion[a] * z[first + r, a]
            theta[r] = value
        total += weighted_rows(k[first:last], n[first:last], weight[first:last], eta[:size], theta[:size], terms)
        for r in range(size):
            d_eta = terms[0, r]
            for a in range(p):
                gradient[a] += d_eta * x[first + r, a]
            d_theta = terms[1, r]
            for a in range(q):
                gradient[p + a] += d_theta * z[first + r, a]
        accumulate(x, z, first, last, terms[2], terms[3], terms[4], hessian)
    return total
