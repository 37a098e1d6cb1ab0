/// The parts of the float64 functions that other kernels build on, free of branches so that loops over them become vectors.
///
/// The polynomials are weighted minimax fits of the named functions, found with 50 digits and rounded to float64.
#ifndef SERRE_MATH_DOUBLE_H
#define SERRE_MATH_DOUBLE_H

#include "context.h"

#include <string.h>

#pragma clang fp contract(off)

/// Adding 1.5 * 2^52 leaves the rounded integer in the low bits.
static const double SHIFTER = 0x1.8p52;
/// ln 2 = LN2_HIGH + LN2_LOW; the high part has 42 bits, so its product with any exponent is exact.
static const double LN2_HIGH = 0x1.62e42fefa38p-1, LN2_LOW = 0x1.ef35793c7673p-45;

SERRE_INLINE double double_of_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

SERRE_INLINE uint64_t bits_of_double(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/// An unrounded sum of two numbers, the second far smaller.
typedef struct {
    double high, low;
} pair;

/// a + b exactly (Knuth).
SERRE_INLINE pair exact_sum(double a, double b) {
    double sum = a + b, part = sum - a;
    return (pair){sum, (a - (sum - part)) + (b - part)};
}

/// a * b exactly.
SERRE_INLINE pair exact_product(double a, double b) {
    double product = a * b;
    return (pair){product, __builtin_fma(a, b, -product)};
}

/// x = (1 + f) * 2^k with 1 + f in [sqrt(1/2), sqrt(2)), for positive normal x.
SERRE_INLINE double split_normal(double x, double *k) {
    const uint64_t root_half = 0x3fe6a09e667f3bcdu;
    uint64_t offset = bits_of_double(x) + (0x3ff0000000000000u - root_half);
    *k = (double)((int32_t)(offset >> 52) - 1023);
    return double_of_bits((offset & 0x000fffffffffffffu) + root_half) - 1.0;
}

/// ln((1 + f) * 2^k) of such a split: with s = f/(2 + f), ln(1 + f) = 2s + s^3 R(s^2) = f - s (f - s^2 R(s^2)).
SERRE_INLINE double log_of_split(double k, double f) {
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

/// x = quarter * π/2 + (high + low), |high| ≤ about π/4. π/2 is cut into three parts of 33 bits, whose products with
/// `quarter` are exact, and a rest.
SERRE_INLINE pair reduce(double x, int64_t *quarter) {
    double shifted = x * 0x1.45f306dc9c883p-1 + SHIFTER, n = shifted - SHIFTER;
    *quarter = (int64_t)(bits_of_double(shifted) - bits_of_double(SHIFTER));
    pair a = exact_sum(x - n * 0x1.921fb544p0, -(n * 0x1.0b4611a6p-34));
    pair b = exact_sum(a.high, -(n * 0x1.3198a2ep-69));
    return exact_sum(b.high, (a.low + b.low) - n * 0x1.b839a252049c1p-104);
}

SERRE_INLINE double sine_near_zero(pair x) {
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

SERRE_INLINE double cosine_near_zero(pair x) {
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

/// The sine of a number that is `quarter` * π/2 and the rest.
SERRE_INLINE double sine_of_quarters(int64_t quarter, pair rest) {
    double cosine = cosine_near_zero(rest), sine = sine_near_zero(rest);
    double value = quarter & 1 ? cosine : sine;
    return quarter & 2 ? -value : value;
}

#endif
