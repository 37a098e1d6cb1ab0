/// The ends of chains and the trees over parts (A4, A6), for a run of neighbouring elements.
///
/// A run is short enough to stay in the first cache while the chain or the tree goes over it. The inner loops are over
/// neighbouring elements, so that vectors of any width add the same numbers in the same order.
#ifndef SERRE_LANE_FOLD_H
#define SERRE_LANE_FOLD_H

#include "tasks.h"

#include <string.h>

/// to[i] = left[i] + right[i]; to may be either.
SERRE_INLINE void add_run(int64_t count, const float *left, const float *right, float *to) {
    SERRE_ELEMENTWISE
    for (int64_t i = 0; i < count; i++) to[i] = left[i] + right[i];
}

/// v is added to the slots' values, left operand first, from slot + adds − 1 down to slot, then kept in `slot`. Slots
/// that are NULL live in `inner`, `run` floats apart; the others begin at element `first`.
SERRE_INLINE void push_run(int64_t first, int64_t count, float *const *slots, float *inner, int64_t run, int32_t adds,
                           int32_t slot, float *v) {
    for (int32_t s = slot + adds - 1; s > slot; s--) {
        add_run(count, slots[s] != NULL ? slots[s] + first : inner + s * run, v, v);
    }
    float *result = slots[slot] != NULL ? slots[slot] + first : inner + slot * run;
    if (adds > 0) {
        add_run(count, result, v, result);
    } else {
        memcpy(result, v, (size_t)count * sizeof(float));
    }
}

enum {
    /// Runs of a stack that tree_of_run may need: a root, and at most one waiting sum per level of the tree.
    SERRE_TREE_RUNS = 66,
};

/// The tree of A4 over `parts` leaves, `step` floats apart, of one run of elements. In `stack`: when the number of leaves
/// seen is divisible by 2^l, level l is complete. Blocks of 2^k leaves, the largest power of two in `parts`, are roots.
SERRE_INLINE float *tree_of_run(const float *leaves, int64_t step, int64_t parts, int64_t count, int64_t run,
                                float *stack) {
    int64_t block = parts & -parts;
    float *total = stack, *levels = stack + run;
    for (int64_t s = 0; s < parts; s++) {
        int64_t within = s % block;
        int64_t top = __builtin_popcountll((unsigned long long)within);
        // Each trailing one bit of `within` is a finished left sibling waiting on the stack.
        float *v = levels + top * run;
        memcpy(v, leaves + s * step, (size_t)count * sizeof(float));
        for (int64_t bits = within; bits & 1; bits >>= 1) {
            add_run(count, v - run, v, v - run);
            v -= run;
        }
        if (within != block - 1) continue;
        if (s == block - 1) {
            memcpy(total, v, (size_t)count * sizeof(float));
        } else {
            add_run(count, total, v, total);
        }
    }
    return total;
}

#endif
