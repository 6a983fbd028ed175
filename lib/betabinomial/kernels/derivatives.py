"""Value, gradient and Hessian of a regression's log-likelihood in one pass over the rows.

Designs have the shape (columns, rows), so that every inner loop reads contiguous memory. The values of a block of
rows lie in one flat array at fixed offsets. The compiler then sees that no values overlap, and it vectorises: it
processes four or eight rows at a time, with selections in place of branches.
"""

from __future__ import annotations

import math

import numba
import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from lib.betabinomial.kernels.compile import jit, jit_inline, jit_sums

STIRLING_FROM = 10.0  # six terms of Stirling's series are exact to 1e-15 from this argument on
DIRECT_UP_TO = 10  # up to this many factors of a rising factorial are multiplied one by one
TINY = 1e-30  # smallest alpha, beta: nine factors of 1 / TINY still fit into a float64
LOG_2_HIGH = 0.693147180369123816490  # its last 32 bits are 0, so small multiples are exact
LOG_2_LOW = 1.90821492927058770002e-10
ROUND = 6755399441055744.0  # 1.5 * 2^52: adding it rounds to a whole number, which the low bits hold
SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
ROUND_BITS = 0x4338000000000000
BLOCK = 128  # rows in a block: the values of a block fit into the first-level cache


# --- log and exp that the compiler can vectorise -------------------------------------------------------------


@intrinsic
def _bits(typing_context, x):
    def build(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(64))

    return numba.int64(numba.float64), build


@intrinsic
def _from_bits(typing_context, bits):
    def build(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.DoubleType())

    return numba.float64(numba.int64), build


@jit_inline
def _log(x):
    """Natural logarithm of a positive normal number, to within two units in the last place."""
    exponent = (_bits(x) - SQRT_HALF_BITS) >> 52
    fraction = _from_bits(_bits(x) - (exponent << 52))  # in [sqrt(1/2), sqrt(2))
    f = (fraction - 1.0) / (fraction + 1.0)
    g = f * f
    series = g * (1 / 3 + g * (1 / 5 + g * (1 / 7 + g * (1 / 9 + g * (1 / 11 + g * (1 / 13 + g * (1 / 15
             + g * (1 / 17 + g * (1 / 19)))))))))  # fmt: skip
    return exponent * LOG_2_HIGH + (2.0 * f + (2.0 * f * series + exponent * LOG_2_LOW))


@jit_inline
def _exp(x):
    """Exponential of a number in [-700, 700]."""
    shifted = x * 1.4426950408889634 + ROUND
    whole = shifted - ROUND
    r = (x - whole * LOG_2_HIGH) - whole * LOG_2_LOW
    series = 1.0 + r * (1.0 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040
             + r * (1 / 40320 + r * (1 / 362880 + r * (1 / 3628800 + r * (1 / 39916800
             + r / 479001600)))))))))))  # fmt: skip
    return series * _from_bits((_bits(shifted) - ROUND_BITS + 1023) << 52)


# --- the fit: value, gradient and Hessian in one pass --------------------------------------------------------

SLOTS = 26
SCALED = BLOCK * 24
K, N, WEIGHT, ETA, THETA, MU, Q, A, B, S, REST, VALUE = (BLOCK * i for i in range(12))
OF_A, OF_B, OF_S = BLOCK * 12, BLOCK * 16, BLOCK * 20  # four sums each, see _tail
LOST, KEPT, BEND = BLOCK, 2 * BLOCK, 3 * BLOCK
D_ETA, D_THETA, D_ETA_ETA, D_ETA_THETA, D_THETA_THETA = A, B, S, MU, Q  # written last, over values no longer needed


@jit_inline
def _tail(y, m):
    """Four sums over j < m, for y >= 10: ``log(1 + j/y)``, ``j/(y+j)``, ``y/(y+j)`` and ``y j/(y+j)^2``.

    They give the logarithm of a rising factorial of y and its first two derivatives. No sum is computed as a
    difference of large numbers.
    """
    z = y + m
    iy = 1.0 / y
    iz = 1.0 / z
    t = m * iy
    c = m * iz
    u = iy * iy
    v = iz * iz
    stirling = iz * (1 / 12 - v * (1 / 360 - v * (1 / 1260 - v * (1 / 1680 - v * (1 / 1188 - v * (691 / 360360))))))
    stirling -= iy * (1 / 12 - u * (1 / 360 - u * (1 / 1260 - u * (1 / 1680 - u * (1 / 1188 - u * (691 / 360360))))))
    w = y * v
    first = iy * (1 / 12 - u * (1 / 120 - u * (1 / 252 - u * (1 / 240 - u * (1 / 132 - u * (691 / 32760))))))
    first -= w * (1 / 12 - v * (1 / 120 - v * (1 / 252 - v * (1 / 240 - v * (1 / 132 - v * (691 / 32760))))))
    w *= y * iz
    second = iy * (1 / 6 - u * (1 / 30 - u * (1 / 42 - u * (1 / 30 - u * (5 / 66 - u * (691 / 2730))))))
    second -= w * (1 / 6 - v * (1 / 30 - v * (1 / 42 - v * (1 / 30 - v * (5 / 66 - v * (691 / 2730))))))
    r = t / (2.0 + t)
    g = r * r
    series = 1 / 3 + g * (1 / 5 + g * (1 / 7 + g * (1 / 9 + g * (1 / 11 + g * (1 / 13 + g * (1 / 15
             + g * (1 / 17 + g * (1 / 19 + g * (1 / 21 + g * (1 / 23))))))))))  # fmt: skip
    less = r * (2.0 * g * series - t)  # log(1 + t) - t
    ratio = _log(z * iy)
    near = t < 0.5
    log_sum = (m * t + z * less - 0.5 * (t + less) if near else (z - 0.5) * ratio - m) + stirling
    lost_near = -y * less - 0.5 * c - first
    kept_far = y * ratio + 0.5 * c + first
    lost = lost_near if near else m - kept_far
    kept = m - lost_near if near else kept_far
    bend = y * (less + t * c if near else ratio - c) + first - second - 0.5 * c * (1.0 - c)
    return log_sum, lost, kept, bend


@jit_inline
def rising(x, m):
    """The sums of `_tail` for any x > 0: if x is below 10, the first ten terms are added one by one."""
    x = max(x, TINY)
    steps = min(m, float(DIRECT_UP_TO)) if x < STIRLING_FROM else 0.0
    inverse = 1.0 / x
    product = 1.0
    lost = 0.0
    kept = 0.0
    bend = 0.0
    for j in range(DIRECT_UP_TO):
        use = 1.0 if j < steps else 0.0
        r = use / (x + j)
        kept_j = x * r
        lost_j = j * r
        kept += kept_j
        lost += lost_j
        bend += lost_j * kept_j
        product *= 1.0 + use * j * inverse
    m -= steps
    y = x + steps if m > 0.0 else STIRLING_FROM
    tail_log, tail_lost, tail_kept, tail_bend = _tail(y, m)
    share = x / y if m > 0.0 else 0.0
    log_sum = _log(product) + m * _log(y * inverse) + tail_log
    shared = share * tail_kept
    far = steps > 0.0
    lost += m - shared if far else tail_lost
    kept += shared
    bend += shared * (1.0 - share) + share * share * tail_bend
    return log_sum, lost, kept, bend


@jit
def _rising_block(w, x, m, out):
    smallest = np.inf
    for r in range(BLOCK):
        smallest = min(smallest, w[x + r])
    if smallest < STIRLING_FROM:
        for r in range(BLOCK):
            w[out + r], w[out + LOST + r], w[out + KEPT + r], w[out + BEND + r] = rising(w[x + r], w[m + r])
    else:
        for r in range(BLOCK):
            w[out + r], w[out + LOST + r], w[out + KEPT + r], w[out + BEND + r] = _tail(w[x + r], w[m + r])


@jit
def _block(w):
    """Weighted log-likelihood of a block without the binomial coefficients; writes the derivatives of its rows."""
    for r in range(BLOCK):
        eta = w[ETA + r]
        e = _exp(-min(abs(eta), 700.0))
        big = 1.0 / (1.0 + e)
        small = e * big
        mu = big if eta > 0.0 else small
        q = small if eta > 0.0 else big
        s = _exp(min(max(w[THETA + r], -60.0), 690.0))
        w[MU + r] = mu
        w[Q + r] = q
        w[A + r] = mu * s
        w[B + r] = q * s
        w[S + r] = s
        w[REST + r] = w[N + r] - w[K + r]
        u = 1.0 + e
        log_1p = _log(u) + (e - (u - 1.0)) * big
        w[VALUE + r] = w[K + r] * eta - w[N + r] * (max(eta, 0.0) + log_1p)
    _rising_block(w, A, K, OF_A)
    _rising_block(w, B, REST, OF_B)
    _rising_block(w, S, N, OF_S)
    total = 0.0
    for r in range(BLOCK):
        mu = w[MU + r]
        q = w[Q + r]
        weight = w[WEIGHT + r]
        kept_a = w[OF_A + KEPT + r]
        kept_b = w[OF_B + KEPT + r]
        bend_a = w[OF_A + BEND + r]
        bend_b = w[OF_B + BEND + r]
        lost = w[OF_S + LOST + r] - w[OF_A + LOST + r] - w[OF_B + LOST + r]
        kept = kept_a + kept_b - w[OF_S + KEPT + r]
        d_theta = lost if w[N + r] < w[S + r] else kept
        w[VALUE + r] += w[OF_A + r] + w[OF_B + r] - w[OF_S + r]
        w[D_ETA + r] = weight * (q * kept_a - mu * kept_b)
        w[D_THETA + r] = weight * d_theta
        w[D_ETA_ETA + r] = weight * (q * q * bend_a + mu * mu * bend_b - mu * q * (kept_a + kept_b))
        w[D_ETA_THETA + r] = weight * (q * bend_a - mu * bend_b)
        w[D_THETA_THETA + r] = weight * (bend_a + bend_b - w[OF_S + BEND + r])
    for r in range(BLOCK):
        total += w[WEIGHT + r] * w[VALUE + r]
    return total


@jit
def _binomial_block(w):
    """As `_block`, for the binomial."""
    total = 0.0
    for r in range(BLOCK):
        k = w[K + r]
        n = w[N + r]
        eta = w[ETA + r]
        weight = w[WEIGHT + r]
        e = math.exp(-abs(eta))
        big = 1.0 / (1.0 + e)
        small = e * big
        total += weight * (k * eta - n * (max(eta, 0.0) + math.log1p(e)))
        w[D_ETA + r] = weight * (k - n * small if eta < 0.0 else n * small - (n - k))
        w[D_ETA_ETA + r] = -weight * n * big * small
        w[D_THETA + r] = 0.0
        w[D_ETA_THETA + r] = 0.0
        w[D_THETA_THETA + r] = 0.0
    return total


@jit
def _take(x, first, size, out):
    """Copy rows first to first + size of x (columns, rows) into a block; fill the rest of the block with 0."""
    for a in range(x.shape[0]):
        for r in range(size):
            out[a * BLOCK + r] = x[a, first + r]
        for r in range(size, BLOCK):
            out[a * BLOCK + r] = 0.0


@jit_sums
def _linear(x, coef, w, out):
    for r in range(BLOCK):
        w[out + r] = 0.0
    for a in range(coef.size):
        c = coef[a]
        for r in range(BLOCK):
            w[out + r] += c * x[a * BLOCK + r]


@jit_sums
def _project(x, w, weight, out):
    for a in range(out.size):
        total = 0.0
        for r in range(BLOCK):
            total += w[weight + r] * x[a * BLOCK + r]
        out[a] += total


@jit_sums
def _outer(left, right, symmetric, w, weight, scaled, out):
    """Add ``sum_r weight_r left_r right_r'`` to ``out``; if symmetric, only the lower triangle need be complete.

    Eight sums are formed at a time, from two rows of ``left`` and four of ``right``; both are padded to multiples of
    four. The loops do not use ``range`` with a step, because the compiler then fails to see that no index is negative.
    """
    a = 0
    while a < out.shape[0]:
        for r in range(BLOCK):
            scaled[r] = w[weight + r] * left[a * BLOCK + r]
            scaled[BLOCK + r] = w[weight + r] * left[a * BLOCK + BLOCK + r]
        stop = a + 2 if symmetric else out.shape[1]
        b = 0
        while b < stop:
            i = b * BLOCK
            s0 = s1 = s2 = s3 = t0 = t1 = t2 = t3 = 0.0
            for r in range(BLOCK):
                c = scaled[r]
                d = scaled[BLOCK + r]
                x0 = right[i + r]
                x1 = right[i + BLOCK + r]
                x2 = right[i + 2 * BLOCK + r]
                x3 = right[i + 3 * BLOCK + r]
                s0 += c * x0
                s1 += c * x1
                s2 += c * x2
                s3 += c * x3
                t0 += d * x0
                t1 += d * x1
                t2 += d * x2
                t3 += d * x3
            out[a, b] += s0
            out[a, b + 1] += s1
            out[a, b + 2] += s2
            out[a, b + 3] += s3
            out[a + 1, b] += t0
            out[a + 1, b + 1] += t1
            out[a + 1, b + 2] += t2
            out[a + 1, b + 3] += t3
            b += 4
        a += 2


@jit
def _padded(size):
    return (size + 3) // 4 * 4


@jit
def gram(x, weight, out):
    """Lower triangle of ``x diag(weight) x'`` for x of shape (columns, rows)."""
    p, rows = x.shape
    total = np.zeros((_padded(p), _padded(p)))
    block = np.zeros(_padded(p) * BLOCK)
    w = np.zeros(3 * BLOCK)
    for first in range(0, rows, BLOCK):
        size = min(BLOCK, rows - first)
        _take(x, first, size, block)
        w[:size] = weight[first : first + size]
        w[size:BLOCK] = 0.0
        _outer(block, block, True, w, 0, w[BLOCK:], total)
    out[:, :] = total[:p, :p]


@jit
def fused_pass(x, z, k, n, weight, offset, coef, dispersion, wide, terms, gradient, hessian):
    """Return the log-likelihood without the binomial coefficients; fill in derivatives.

    Without ``wide``, ``gradient`` (p + q,) and the lower triangle of ``hessian`` (p + q, p + q) are filled in. With
    ``wide``, ``coef`` holds the linear predictor eta (rows,), x is not read, and ``terms`` (5, rows) is filled in with
    the weighted derivatives of each row by eta, theta, eta eta, eta theta and theta theta.

    Parameters
    ----------
    x, z : (p, rows) and (q, rows), the designs of eta = logit(mean) and of theta = log(alpha + beta)
    k, n, weight : (rows,)
    offset : (rows,), added to eta unless ``wide``; empty for none
    coef, dispersion : (p,) and (q,); a dispersion of inf gives the binomial
    """
    p = x.shape[0]
    q, rows = z.shape
    w = np.zeros(SLOTS * BLOCK)
    scaled = w[SCALED:]
    xs = np.zeros(_padded(p) * BLOCK)
    zs = np.zeros(_padded(q) * BLOCK)
    xx = np.zeros((_padded(p), _padded(p)))
    zx = np.zeros((_padded(q), _padded(p)))
    zz = np.zeros((_padded(q), _padded(q)))
    gradient[:] = 0.0
    plain = dispersion[0] == np.inf
    total = 0.0
    for first in range(0, rows, BLOCK):
        size = min(BLOCK, rows - first)
        if size < BLOCK:
            w[:] = 0.0
        w[K : K + size] = k[first : first + size]
        w[N : N + size] = n[first : first + size]
        w[WEIGHT : WEIGHT + size] = weight[first : first + size]
        if wide:
            w[ETA : ETA + size] = coef[first : first + size]
        else:
            _take(x, first, size, xs)
            _linear(xs, coef, w, ETA)
            if offset.size:
                for r in range(size):
                    w[ETA + r] += offset[first + r]
        if plain:
            total += _binomial_block(w)
        else:
            _take(z, first, size, zs)
            _linear(zs, dispersion, w, THETA)
            total += _block(w)
        if wide:
            terms[0, first : first + size] = w[D_ETA : D_ETA + size]
            terms[1, first : first + size] = w[D_THETA : D_THETA + size]
            terms[2, first : first + size] = w[D_ETA_ETA : D_ETA_ETA + size]
            terms[3, first : first + size] = w[D_ETA_THETA : D_ETA_THETA + size]
            terms[4, first : first + size] = w[D_THETA_THETA : D_THETA_THETA + size]
        else:
            _project(xs, w, D_ETA, gradient[:p])
            _outer(xs, xs, True, w, D_ETA_ETA, scaled, xx)
            if not plain:
                _project(zs, w, D_THETA, gradient[p:])
                _outer(zs, xs, False, w, D_ETA_THETA, scaled, zx)
                _outer(zs, zs, True, w, D_THETA_THETA, scaled, zz)
    if not wide:
        hessian[:p, :p] = xx[:p, :p]
        hessian[p:, :p] = zx[:q, :p]
        hessian[p:, p:] = zz[:q, :q]
    return total


@jit_sums
def centre(given, share, x, mean, deviation):
    """Fill the rows of x (p, rows) with the centred columns of given (rows, p), and ``mean`` and ``deviation`` (p,).

    ``share`` (rows,) are weights that sum to 1. The standard deviation of a constant column is exactly 0.
    """
    rows, p = given.shape
    for i in range(rows):
        for a in range(p):
            x[a, i] = given[i, a]
    for a in range(p):
        low = x[a, 0]
        high = x[a, 0]
        total = 0.0
        for i in range(rows):
            low = min(low, x[a, i])
            high = max(high, x[a, i])
            total += share[i] * x[a, i]
        mean[a] = low if low == high else total
        square = 0.0
        for i in range(rows):
            x[a, i] -= mean[a]
            square += share[i] * x[a, i] * x[a, i]
        deviation[a] = math.sqrt(square)
