/// Cross entropy over a vocabulary that may be split: row maximum, sums of exponentials, target logits, loss, gradient.
#include "math_float.h"
#include "row_reductions.h"
#include "tasks.h"

#pragma clang fp contract(off)

enum {
    /// Exponentials held at once between their computation and their sum; a multiple of LANES.
    TILE = 512,
    /// More levels than a count in 64 bits can need.
    LEVELS = 64,
};

typedef struct {
    int64_t columns, segments, first_row;
    const int32_t *targets;
    const float *logits, *max, *sum, *target;
    float inverse_count;
    float *out;
} rows_pass;

// ---------------------------------------------------------------------------------------------------------------
// Row maximum.

SERRE_INLINE void row_max(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const rows_pass *pass = argument;
    for (int64_t row = begin; row < end; row++) {
        pass->out[row] = row_largest(pass->logits + row * pass->columns, pass->columns);
    }
}
SERRE_TASK(row_max)

void serre_row_max(serre_context *context, int64_t rows, int64_t columns, const float *logits, float *out) {
    rows_pass pass = {.columns = columns, .logits = logits, .out = out};
    serre_run(context, rows, rows_per_piece(columns), SERRE_PICK(context, row_max), &pass);
}

// ---------------------------------------------------------------------------------------------------------------
// Sums of exponentials.

/// The strided sum of exp(x − max).
SERRE_INLINE float exp_sum(const float *x, int64_t count, float max) {
    float_lanes partials = {0};
    for (int64_t tile = 0; tile < count; tile += TILE) {
        int64_t length = count - tile < TILE ? count - tile : TILE;
        float e[TILE];
        for (int64_t i = 0; i < length; i++) e[i] = float_exp(x[tile + i] - max);
        int64_t i = 0;
        for (; i + LANES <= length; i += LANES) {
            float_lanes values;
            LOAD_LANES(values, e + i);
            partials += values;
        }
        for (int lane = 0; i + lane < length; lane++) partials[lane] += e[i + lane];
    }
    return float_tree(&partials);
}

SERRE_INLINE float segmented_exp_sum(const float *x, int64_t columns, int64_t segments, float max) {
    int64_t length = columns / segments, block = segments & -segments;
    float stack[LEVELS], total = 0;
    for (int64_t s = 0, depth = 0; s < segments; s++) {
        float value = exp_sum(x + s * length, length, max);
        for (int64_t place = s & (block - 1); place & 1; place >>= 1) value = stack[--depth] + value;
        stack[depth++] = value;
        if ((s & (block - 1)) != block - 1) continue;
        float root = stack[--depth];
        total = s < block ? root : total + root;
    }
    return total;
}

SERRE_INLINE void exp_sums(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const rows_pass *pass = argument;
    for (int64_t row = begin; row < end; row++) {
        const float *logits = pass->logits + row * pass->columns;
        pass->out[row] = segmented_exp_sum(logits, pass->columns, pass->segments, pass->max[row]);
    }
}
SERRE_TASK(exp_sums)

void serre_exp_sums(serre_context *context, int64_t rows, int64_t columns, int64_t segments, const float *logits,
                    const float *max, float *out) {
    rows_pass pass = {.columns = columns, .segments = segments, .logits = logits, .max = max, .out = out};
    serre_run(context, rows, rows_per_piece(columns), SERRE_PICK(context, exp_sums), &pass);
}

// ---------------------------------------------------------------------------------------------------------------
// Target logits and loss.

/// The column of row r's target, or -1 when another rank holds it.
SERRE_INLINE int64_t target_column(const rows_pass *pass, int64_t row) {
    int64_t column = (int64_t)pass->targets[row] - pass->first_row;
    return column >= 0 && column < pass->columns ? column : -1;
}

void serre_target_logits(serre_context *context, int64_t rows, int64_t columns, int64_t first_row,
                         const int32_t *targets, const float *logits, float *out) {
    (void)context;
    rows_pass pass = {.columns = columns, .first_row = first_row, .targets = targets};
    for (int64_t row = 0; row < rows; row++) {
        int64_t column = target_column(&pass, row);
        out[row] = column < 0 ? 0.0f : logits[row * columns + column];
    }
}

SERRE_INLINE void loss(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const rows_pass *pass = argument;
    const float *max = pass->max, *sum = pass->sum, *target = pass->target;
    float *out = pass->out;
    SERRE_ELEMENTWISE
    for (int64_t row = begin; row < end; row++) out[row] = float_log(sum[row]) - (target[row] - max[row]);
}
SERRE_TASK(loss)

void serre_cross_entropy(serre_context *context, int64_t rows, const float *max, const float *sum, const float *target,
                         float *losses) {
    rows_pass pass = {.max = max, .sum = sum, .target = target, .out = losses};
    serre_run(context, rows, rows_per_piece(1), SERRE_PICK(context, loss), &pass);
}

void serre_sample_losses(serre_context *context, int64_t samples, int64_t sequence, const float *losses, double *out) {
    (void)context;
    for (int64_t sample = 0; sample < samples; sample++) {
        double sum = 0;
        for (int64_t t = 0; t < sequence; t++) sum = sum + (double)losses[sample * sequence + t];
        out[sample] = sum;
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Gradient.

SERRE_INLINE void gradient(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const rows_pass *pass = argument;
    float factor = pass->inverse_count;
    for (int64_t row = begin; row < end; row++) {
        const float *logits = pass->logits + row * pass->columns;
        float *out = pass->out + row * pass->columns;
        float max = pass->max[row], sum = pass->sum[row];
        // Before the row: the gradient may overwrite the logits.
        int64_t column = target_column(pass, row);
        float at_target = column < 0 ? 0.0f : (float_exp(logits[column] - max) / sum - 1.0f) * factor;
        SERRE_ELEMENTWISE
        for (int64_t c = 0; c < pass->columns; c++) out[c] = (float_exp(logits[c] - max) / sum) * factor;
        if (column >= 0) out[column] = at_target;
    }
}
SERRE_TASK(gradient)

void serre_cross_entropy_gradient(serre_context *context, int64_t rows, int64_t columns, int64_t first_row,
                                  const int32_t *targets, const float *max, const float *sum, float inverse_count,
                                  const float *logits, float *out) {
    rows_pass pass = {.columns = columns, .first_row = first_row, .targets = targets, .logits = logits,
                      .max = max, .sum = sum, .inverse_count = inverse_count, .out = out};
    serre_run(context, rows, rows_per_piece(columns), SERRE_PICK(context, gradient), &pass);
}
