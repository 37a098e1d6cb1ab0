/// float64 e^x, ln x, sin x, cos x and powers, for what is computed a few times per step and for random deviates.
#include "math_double.h"

/// 2^n for n in -1022 ... 1023.
static double power_of_two(int64_t n) { return double_of_bits((uint64_t)(n + 1023) << 52); }

// ---------------------------------------------------------------------------------------------------------------
// Exponential and logarithm.

double serre_exp64(double x) {
    if (x != x) return x;
    if (x > 710.0) return __builtin_inf();
    if (x < -746.0) return 0.0;
    double shifted = x * 0x1.71547652b82fep0 + SHIFTER, whole = shifted - SHIFTER;
    int64_t n = (int64_t)(bits_of_double(shifted) - bits_of_double(SHIFTER));
    double r = (x - whole * LN2_HIGH) - whole * LN2_LOW;
    // (e^r - 1 - r) / r^2.
    double q = 0x1.1e3cbdbfefa3dp-29;
    q = q * r + 0x1.af6c6172e935cp-26;
    q = q * r + 0x1.27e5b502e6e02p-22;
    q = q * r + 0x1.71ddefdc53f78p-19;
    q = q * r + 0x1.a01a0135f587ep-16;
    q = q * r + 0x1.a01a01b39913fp-13;
    q = q * r + 0x1.6c16c16c30797p-10;
    q = q * r + 0x1.111111110ec19p-7;
    q = q * r + 0x1.5555555555502p-5;
    q = q * r + 0x1.555555555555bp-3;
    q = q * r + 0.5;
    double value = 1.0 + (r + (r * r) * q);
    // In two factors, since 2^n itself may lie outside the normal numbers.
    return (value * power_of_two(n >> 1)) * power_of_two(n - (n >> 1));
}

/// As ``split_normal``, for positive finite x.
static double split(double x, double *k) {
    bool subnormal = x < 0x1p-1022;
    double f = split_normal(subnormal ? x * 0x1p52 : x, k);
    if (subnormal) *k -= 52.0;
    return f;
}

double serre_log64(double x) {
    const double infinity = __builtin_inf();
    if (x == 0.0) return -infinity;
    if (!(x > 0.0)) return __builtin_nan("");
    if (x == infinity) return x;
    double k, f = split(x, &k);
    return log_of_split(k, f);
}

/// ln x to about 2^-64 relative, for positive finite x: the first two terms of the series in s carried as pairs.
static pair log_pair(double x) {
    double k, f = split(x, &k);
    pair divisor = exact_sum(2.0, f);
    double s = f / divisor.high;
    double s_low = (__builtin_fma(-s, divisor.high, f) - s * divisor.low) / divisor.high;
    pair square = exact_product(s, s);
    square.low += 2.0 * s * s_low;
    pair cube = exact_product(s, square.high);
    cube.low += s * square.low + s_low * square.high;
    const pair two_thirds = {0x1.5555555555555p-1, 0x1.5555555555555p-55};
    pair second = exact_product(cube.high, two_thirds.high);
    second.low += cube.high * two_thirds.low + cube.low * two_thirds.high;
    // (ln(1 + f) - 2s - 2s^3/3) / s^5.
    double z = square.high;
    double p = 0x1.0e4825e736b13p-3;
    p = p * z + 0x1.0f7f5aa8f99bp-3;
    p = p * z + 0x1.3b1ef1d052907p-3;
    p = p * z + 0x1.745ce9c574debp-3;
    p = p * z + 0x1.c71c722db724ap-3;
    p = p * z + 0x1.2492492457a0fp-2;
    p = p * z + 0x1.9999999999b32p-2;
    double rest = (s * z) * (z * p);
    pair exponent = exact_product(k, LN2_LOW);
    pair a = exact_sum(k * LN2_HIGH, 2.0 * s);
    pair b = exact_sum(a.high, second.high);
    pair c = exact_sum(b.high, exponent.high);
    double low = (a.low + b.low) + (c.low + exponent.low) + ((2.0 * s_low + second.low) + rest);
    return exact_sum(c.high, low);
}

double serre_pow64(double base, double exponent) {
    if (!(base > 0.0) || base == __builtin_inf()) return __builtin_nan("");
    pair log = log_pair(base);
    pair product = exact_product(exponent, log.high);
    double value = serre_exp64(product.high);
    if (value == 0.0 || value == __builtin_inf() || value != value) return value;
    return value + value * (product.low + exponent * log.low);
}

// ---------------------------------------------------------------------------------------------------------------
// Sine and cosine.

/// The sine of x + turns * π/2. Beyond 2^20 quarter turns the reduction would lose bits: such an x has no answer here.
static double sine(double x, int64_t turns) {
    if (!(x > -0x1.921fb5p20 && x < 0x1.921fb5p20)) return __builtin_nan("");
    int64_t quarter;
    pair rest = reduce(x, &quarter);
    quarter += turns;
    return sine_of_quarters(quarter, rest);
}

double serre_sin64(double x) { return x == 0.0 ? x : sine(x, 0); }

double serre_cos64(double x) { return sine(x, 1); }
