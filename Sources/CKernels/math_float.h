/// float32 e^x, ln x and tanh x, at most 2 ulp from the true value.
///
/// Branch-free: every case is computed and one is selected, so loops over these functions become vector code. There is
/// no fused multiply-add in them, since a processor without one would emulate it. The polynomials are weighted minimax
/// fits of the named functions, found with 50 digits and rounded to float32.
#ifndef SERRE_MATH_FLOAT_H
#define SERRE_MATH_FLOAT_H

#include "context.h"

#include <string.h>

SERRE_INLINE float float_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

SERRE_INLINE uint32_t bits_of_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/// 2^n for n in -126 ... 127.
SERRE_INLINE float power_of_two(int32_t n) { return float_of_bits((uint32_t)(n + 127) << 23); }

/// ln 2 = LN2_HIGH + LN2_LOW; the high part has 15 bits, so its product with any exponent is exact.
static const float LN2_HIGH = 0x1.62e4p-1f, LN2_LOW = 0x1.7f7d1cp-20f;

/// For |x| ≤ 110: the integer n nearest to x / ln 2, and e^(x - n ln 2) in about [0.7, 1.42].
SERRE_INLINE float exp_reduced(float x, int32_t *n) {
    // Adding 1.5 * 2^23 leaves the rounded integer in the low bits.
    const float shifter = 0x1.8p23f;
    float shifted = x * 0x1.715476p0f + shifter;
    float whole = shifted - shifter;
    *n = (int32_t)(bits_of_float(shifted) - bits_of_float(shifter));
    float r = (x - whole * LN2_HIGH) - whole * LN2_LOW;
    // (e^r - 1 - r) / r^2.
    float q = 0x1.6a232ep-10f;
    q = q * r + 0x1.123a6ep-7f;
    q = q * r + 0x1.5558f6p-5f;
    q = q * r + 0x1.55549p-3f;
    q = q * r + 0x1.fffffcp-2f;
    return 1.0f + (r + (r * r) * q);
}

SERRE_INLINE float float_exp(float x) {
    // Outside these bounds the result is +0 or +inf. What lies below is common under a distance bias: it is computed as
    // e^0 and set to +0 afterwards, since underflow itself is slow on many processors. A NaN goes the same way and is
    // put back at the end.
    const float low = -105.0f, high = 89.0f;
    bool above = x > low;
    float bounded = above ? x : 0.0f;
    bounded = bounded < high ? bounded : high;
    int32_t n;
    float value = exp_reduced(bounded, &n);
    // In two factors, since 2^n itself may lie outside the normal numbers. Only the second product can round.
    int32_t half = n >> 1;
    value = (value * power_of_two(half)) * power_of_two(n - half);
    value = above ? value : 0.0f;
    return x != x ? x + x : value;
}

SERRE_INLINE float float_log(float x) {
    const float smallest_normal = 0x1p-126f;
    bool subnormal = x < smallest_normal;
    float scaled = subnormal ? x * 0x1p23f : x;
    // scaled = m * 2^k with m in [sqrt(1/2), sqrt(2)): offset the bits so that the exponent steps at sqrt(1/2).
    const uint32_t root_half = 0x3f3504f3u;
    uint32_t offset = bits_of_float(scaled) + (0x3f800000u - root_half);
    int32_t exponent = (int32_t)(offset >> 23) - 127;
    float k = (float)(subnormal ? exponent - 23 : exponent);
    float f = float_of_bits((offset & 0x007fffffu) + root_half) - 1.0f;
    // (ln(1 + f) - f + f^2/2) / f^3.
    float p = 0x1.146522p-4f;
    p = p * f + -0x1.de50fcp-4f;
    p = p * f + 0x1.e6f5c4p-4f;
    p = p * f + -0x1.fc1f18p-4f;
    p = p * f + 0x1.2336ep-3f;
    p = p * f + -0x1.555c5cp-3f;
    p = p * f + 0x1.99a4bcp-3f;
    p = p * f + -0x1.000006p-2f;
    p = p * f + 0x1.555548p-2f;
    float square = f * f;
    float small = ((square * f) * p - 0.5f * square) + k * LN2_LOW;
    float value = k * LN2_HIGH + (f + small);
    const float infinity = __builtin_inff();
    value = x == infinity ? infinity : value;
    value = x == 0.0f ? -infinity : value;
    value = x < 0.0f ? __builtin_nanf("") : value;
    return x != x ? x + x : value;
}

SERRE_INLINE float float_tanh(float x) {
    float a = float_of_bits(bits_of_float(x) & 0x7fffffffu);
    uint32_t sign = bits_of_float(x) & 0x80000000u;
    // Near zero: (tanh a - a) / a^3 as a polynomial in a^2.
    float z = a * a;
    float p = -0x1.75e0fcp-8f;
    p = p * z + 0x1.522668p-6f;
    p = p * z + -0x1.b83c5p-5f;
    p = p * z + 0x1.110726p-3f;
    p = p * z + -0x1.555532p-2f;
    float near = a + (a * z) * p;
    // Elsewhere: 1 - 2/(e^2a + 1), which is 1 from a = 10 on.
    float bounded = a < 10.0f ? a : 10.0f;
    int32_t n;
    float e = exp_reduced(2.0f * bounded, &n) * power_of_two(n);
    float far = 1.0f - 2.0f / (e + 1.0f);
    float value = float_of_bits(bits_of_float(a < 0.625f ? near : far) | sign);
    return x != x ? x + x : value;
}

#endif
