/// Sums of squares and the AdamW update, by blocks of 4,096 elements (A11).
#include "row_reductions.h"
#include "tasks.h"

#pragma clang fp contract(off)

enum {
    /// Elements between the update and the sum of what it changed; a multiple of LANES that divides SERRE_BLOCK.
    TILE = 256,
    /// Blocks per piece.
    BLOCKS = 2,
};

SERRE_INLINE int64_t block_count(int64_t count) { return (count + SERRE_BLOCK - 1) / SERRE_BLOCK; }

/// Elements in block b.
SERRE_INLINE int64_t block_length(int64_t count, int64_t b) {
    int64_t left = count - b * SERRE_BLOCK;
    return left < SERRE_BLOCK ? left : SERRE_BLOCK;
}

// ---------------------------------------------------------------------------------------------------------------
// Sums of squares.

typedef struct {
    int64_t count;
    const float *g;
    double *out;
} squares_pass;

SERRE_INLINE double square_sum(const float *g, int64_t count) {
    double_lanes partials = {0};
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        float_lanes values;
        LOAD_LANES(values, g + i);
        double_lanes wide = __builtin_convertvector(values, double_lanes);
        // The square of a float32 is exact in float64, so this product and sum round once, as an fma does.
        partials += wide * wide;
    }
    for (int lane = 0; i + lane < count; lane++) partials[lane] += (double)g[i + lane] * (double)g[i + lane];
    return double_tree(&partials);
}

SERRE_INLINE void square_sums(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const squares_pass *pass = argument;
    for (int64_t b = begin; b < end; b++) {
        pass->out[b] = square_sum(pass->g + b * SERRE_BLOCK, block_length(pass->count, b));
    }
}
SERRE_TASK(square_sums)

void serre_square_sums(serre_context *context, int64_t count, const float *g, double *out) {
    squares_pass pass = {count, g, out};
    serre_run(context, block_count(count), BLOCKS, SERRE_PICK(context, square_sums), &pass);
}

// ---------------------------------------------------------------------------------------------------------------
// AdamW.

/// The step with everything computed that is the same for all elements.
typedef struct {
    int64_t count;
    float clip, decay, beta1, one_minus_beta1, beta2, one_minus_beta2, root_correction2, epsilon, rate;
    float *p, *m, *v;
    const float *g;
    double *updates;
} adamw_pass;

/// Updates `length` elements from index `first` on and writes p' − p.
SERRE_INLINE void update_tile(const adamw_pass *pass, int64_t first, int64_t length, double *changes) {
    const adamw_pass s = *pass;
    float *p = s.p + first, *m = s.m + first, *v = s.v + first;
    const float *gradient = s.g + first;
    SERRE_ELEMENTWISE
    for (int64_t i = 0; i < length; i++) {
        float g = s.clip * gradient[i];
        float decayed = p[i] * s.decay;
        float moment = s.beta1 * m[i] + s.one_minus_beta1 * g;
        float square = s.beta2 * v[i] + (s.one_minus_beta2 * g) * g;
        float denominator = __builtin_elementwise_sqrt(square) / s.root_correction2 + s.epsilon;
        float updated = decayed - s.rate * (moment / denominator);
        changes[i] = (double)updated - (double)p[i];
        p[i] = updated;
        m[i] = moment;
        v[i] = square;
    }
}

SERRE_INLINE double update_block(const adamw_pass *pass, int64_t first, int64_t count) {
    double_lanes partials = {0};
    for (int64_t tile = 0; tile < count; tile += TILE) {
        int64_t length = count - tile < TILE ? count - tile : TILE;
        double changes[TILE];
        update_tile(pass, first + tile, length, changes);
        int64_t i = 0;
        for (; i + LANES <= length; i += LANES) {
            double_lanes values;
            LOAD_LANES(values, changes + i);
            partials += values;
        }
        for (int lane = 0; i + lane < length; lane++) partials[lane] += changes[i + lane];
    }
    return double_tree(&partials);
}

SERRE_INLINE void adamw(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const adamw_pass *pass = argument;
    for (int64_t b = begin; b < end; b++) {
        pass->updates[b] = update_block(pass, b * SERRE_BLOCK, block_length(pass->count, b));
    }
}
SERRE_TASK(adamw)

void serre_adamw(serre_context *context, int64_t count, const serre_adamw_step *step, float *p, float *m, float *v,
                 const float *g, double *updates) {
    adamw_pass pass = {
        .count = count,
        .clip = step->clip,
        .decay = 1.0f - step->learning_rate * step->weight_decay,
        .beta1 = step->beta1,
        .one_minus_beta1 = 1.0f - step->beta1,
        .beta2 = step->beta2,
        .one_minus_beta2 = 1.0f - step->beta2,
        .root_correction2 = step->root_correction2,
        .epsilon = step->epsilon,
        .rate = step->learning_rate / step->correction1,
        .p = p, .m = m, .v = v, .g = g, .updates = updates,
    };
    serre_run(context, block_count(count), BLOCKS, SERRE_PICK(context, adamw), &pass);
}
