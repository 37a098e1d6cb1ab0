/// Reductions along a row (A8): the largest element, and strided sums: sixteen partial chains, element i in partial
/// i mod 16, and the tree of the sixteen.
///
/// The sixteen partials are one vector value: two registers with AVX2, four with SSE2.
#ifndef SERRE_ROW_REDUCTIONS_H
#define SERRE_ROW_REDUCTIONS_H

#include "context.h"

#include <string.h>

enum { LANES = 16 };

typedef float float_lanes __attribute__((vector_size(LANES * sizeof(float))));
typedef double double_lanes __attribute__((vector_size(LANES * sizeof(double))));

/// lanes = x[0 ..< 16].
#define LOAD_LANES(lanes, x) memcpy(&(lanes), (x), sizeof(lanes))
#define STORE_LANES(x, lanes) memcpy((x), &(lanes), sizeof(lanes))

/// Adjacent partials first, then adjacent pairs, and so on.
#define DEFINE_TREE(name, lanes_type, element)                                       \
    SERRE_INLINE element name(const lanes_type *partials) {                          \
        element sums[LANES];                                                         \
        memcpy(sums, partials, sizeof(sums));                                        \
        for (int width = LANES / 2; width >= 1; width /= 2) {                        \
            for (int i = 0; i < width; i++) sums[i] = sums[2 * i] + sums[2 * i + 1]; \
        }                                                                            \
        return sums[0];                                                              \
    }

DEFINE_TREE(float_tree, float_lanes, float)
DEFINE_TREE(double_tree, double_lanes, double)

/// The strided sum of x[0 ..< count].
SERRE_INLINE float strided_sum(const float *x, int64_t count) {
    float_lanes partials = {0};
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        float_lanes values;
        LOAD_LANES(values, x + i);
        partials += values;
    }
    for (int lane = 0; i + lane < count; lane++) partials[lane] += x[i + lane];
    return float_tree(&partials);
}

/// The largest of x[0 ..< count], count ≥ 1; a largest zero is +0. Elements that are NaN may or may not be passed over.
SERRE_INLINE float row_largest(const float *x, int64_t count) {
    float found[LANES];
    for (int lane = 0; lane < LANES; lane++) found[lane] = x[0];
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (int lane = 0; lane < LANES; lane++) found[lane] = x[i + lane] > found[lane] ? x[i + lane] : found[lane];
    }
    for (; i < count; i++) found[0] = x[i] > found[0] ? x[i] : found[0];
    for (int width = LANES / 2; width >= 1; width /= 2) {
        for (int lane = 0; lane < width; lane++) {
            found[lane] = found[lane + width] > found[lane] ? found[lane + width] : found[lane];
        }
    }
    // Zeros of both signs compare equal, so which one is found depends on the walk; adding +0 leaves +0 in either case.
    return found[0] + 0.0f;
}

#endif
