/// float64 e^x, ln x, sin x, cos x and powers, for what is computed a few times per step and for random deviates.
///
/// The polynomials are weighted minimax fits of the named functions, found with 50 digits and rounded to float64.
#include "context.h"

#include <string.h>

#pragma clang fp contract(off)

/// Adding 1.5 * 2^52 leaves the rounded integer in the low bits.
static const double SHIFTER = 0x1.8p52;
/// ln 2 = LN2_HIGH + LN2_LOW; the high part has 42 bits, so its product with any exponent is exact.
static const double LN2_HIGH = 0x1.62e42fefa38p-1, LN2_LOW = 0x1.ef35793c7673p-45;

static double double_of_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static uint64_t bits_of_double(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/// 2^n for n in -1022 ... 1023.
static double power_of_two(int64_t n) { return double_of_bits((uint64_t)(n + 1023) << 52); }

/// An unrounded sum of two numbers, the second far smaller.
typedef struct {
    double high, low;
} pair;

/// a + b exactly (Knuth).
static pair exact_sum(double a, double b) {
    double sum = a + b, part = sum - a;
    return (pair){sum, (a - (sum - part)) + (b - part)};
}

/// a * b exactly.
static pair exact_product(double a, double b) {
    double product = a * b;
    return (pair){product, __builtin_fma(a, b, -product)};
}

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

/// x = (1 + f) * 2^k with 1 + f in [sqrt(1/2), sqrt(2)), for positive finite x.
static double split(double x, double *k) {
    bool subnormal = x < 0x1p-1022;
    double scaled = subnormal ? x * 0x1p52 : x;
    const uint64_t root_half = 0x3fe6a09e667f3bcdu;
    uint64_t offset = bits_of_double(scaled) + (0x3ff0000000000000u - root_half);
    *k = (double)((int64_t)(offset >> 52) - 1023 - (subnormal ? 52 : 0));
    return double_of_bits((offset & 0x000fffffffffffffu) + root_half) - 1.0;
}

double serre_log64(double x) {
    const double infinity = __builtin_inf();
    if (x == 0.0) return -infinity;
    if (!(x > 0.0)) return __builtin_nan("");
    if (x == infinity) return x;
    double k, f = split(x, &k);
    // With s = f/(2 + f): ln(1 + f) = 2s + s^3 R(s^2) = f - s (f - s^2 R(s^2)).
    double s = f / (2.0 + f), z = s * s;
    double p = 0x1.0f686800620eap-3;
    p = p * z + 0x1.0f5c379286c57p-3;
    p = p * z + 0x1.3b20b1c64ade3p-3;
    p = p * z + 0x1.745cde12cd332p-3;
    p = p * z + 0x1.c71c7259675eep-3;
    p = p * z + 0x1.249249242aedp-2;
    p = p * z + 0x1.9999999999e03p-2;
    p = p * z + 0x1.5555555555555p-1;
    return k * LN2_HIGH + (f - (s * (f - z * p) - k * LN2_LOW));
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

/// x = quarter * π/2 + (high + low), |high| ≤ about π/4. π/2 is cut into three parts of 33 bits, whose products with
/// `quarter` are exact, and a rest.
static pair reduce(double x, int64_t *quarter) {
    double shifted = x * 0x1.45f306dc9c883p-1 + SHIFTER, n = shifted - SHIFTER;
    *quarter = (int64_t)(bits_of_double(shifted) - bits_of_double(SHIFTER));
    pair a = exact_sum(x - n * 0x1.921fb544p0, -(n * 0x1.0b4611a6p-34));
    pair b = exact_sum(a.high, -(n * 0x1.3198a2ep-69));
    return exact_sum(b.high, (a.low + b.low) - n * 0x1.b839a252049c1p-104);
}

static double sine_near_zero(pair x) {
    double r = x.high, z = r * r;
    double p = -0x1.aaa47b5b3485ap-41;
    p = p * z + 0x1.61209123245d7p-33;
    p = p * z + -0x1.ae645295db49p-26;
    p = p * z + 0x1.71de3a53379ffp-19;
    p = p * z + -0x1.a01a01a018acep-13;
    p = p * z + 0x1.111111111110bp-7;
    p = p * z + -0x1.5555555555555p-3;
    return r + ((z * r) * p + x.low * (1.0 - 0.5 * z));
}

static double cosine_near_zero(pair x) {
    double r = x.high, z = r * r;
    double p = 0x1.aabc22f61e703p-45;
    p = p * z + -0x1.939321fec8db4p-37;
    p = p * z + 0x1.1eed8c8eeb9b8p-29;
    p = p * z + -0x1.27e4fb75e9e1bp-22;
    p = p * z + 0x1.a01a01a018cb2p-16;
    p = p * z + -0x1.6c16c16c16c0fp-10;
    p = p * z + 0x1.5555555555555p-5;
    double half = 0.5 * z, near_one = 1.0 - half;
    return near_one + (((1.0 - near_one) - half) + ((z * z) * p - r * x.low));
}

/// The sine of x + turns * π/2. Beyond 2^20 quarter turns the reduction would lose bits: such an x has no answer here.
static double sine(double x, int64_t turns) {
    if (!(x > -0x1.921fb5p20 && x < 0x1.921fb5p20)) return __builtin_nan("");
    int64_t quarter;
    pair rest = reduce(x, &quarter);
    quarter += turns;
    double value = quarter & 1 ? cosine_near_zero(rest) : sine_near_zero(rest);
    return quarter & 2 ? -value : value;
}

double serre_sin64(double x) { return x == 0.0 ? x : sine(x, 0); }

double serre_cos64(double x) { return sine(x, 1); }
