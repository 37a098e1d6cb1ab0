/// The look-up of token vectors and its gradient, over the rows of the vocabulary that a rank holds; learned positions.
#include "tasks.h"

#include <stdlib.h>
#include <string.h>

#pragma clang fp contract(off)

enum {
    /// Columns per piece of the gradient.
    STRIP = 64,
};

typedef struct {
    const int32_t *tokens;
    int64_t first_row, rows, width;
    const float *table;
    float *out;
} lookup_pass;

static void look_up(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const lookup_pass *pass = argument;
    size_t bytes = (size_t)pass->width * sizeof(float);
    for (int64_t t = begin; t < end; t++) {
        int64_t row = (int64_t)pass->tokens[t] - pass->first_row;
        float *out = pass->out + t * pass->width;
        if (row >= 0 && row < pass->rows) {
            memcpy(out, pass->table + row * pass->width, bytes);
        } else {
            memset(out, 0, bytes);
        }
    }
}

void serre_embedding(serre_context *context, int64_t tokens_count, const int32_t *tokens, int64_t first_row,
                     int64_t rows, int64_t width, const float *table, float *out) {
    lookup_pass pass = {tokens, first_row, rows, width, table, out};
    serre_run(context, tokens_count, rows_per_piece(width), look_up, &pass);
}

// ---------------------------------------------------------------------------------------------------------------
// Positions.

typedef struct {
    int64_t positions, width;
    const float *table, *x;
    float *out;
} positions_pass;

SERRE_INLINE void add_positions(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const positions_pass *pass = argument;
    for (int64_t row = begin; row < end; row++) {
        const float *x = pass->x + row * pass->width, *position = pass->table + row % pass->positions * pass->width;
        float *out = pass->out + row * pass->width;
        SERRE_ELEMENTWISE
        for (int64_t c = 0; c < pass->width; c++) out[c] = x[c] + position[c];
    }
}
SERRE_TASK(add_positions)

void serre_add_positions(serre_context *context, int64_t samples, int64_t positions, int64_t width, const float *table,
                         const float *x, float *out) {
    positions_pass pass = {positions, width, table, x, out};
    serre_run(context, samples * positions, rows_per_piece(width), SERRE_PICK(context, add_positions), &pass);
}

// ---------------------------------------------------------------------------------------------------------------
// Gradient.

/// Where a held token stands. Sorted by sample, then token, then position, each sum's terms stand side by side in order.
typedef struct {
    int32_t sample, row, position;
} occurrence;

static int compare_occurrences(const void *left, const void *right) {
    const occurrence *a = left, *b = right;
    if (a->row != b->row) return a->row < b->row ? -1 : 1;
    return a->position < b->position ? -1 : a->position > b->position;
}

typedef struct {
    const occurrence *occurrences;
    int64_t count, sequence, width;
    const float *dx;
    float *accumulator;
} gradient_pass;

/// Columns [first, first + length): every sample's sum per token, added to the accumulator as soon as it is complete.
SERRE_INLINE void gradient_strip(const gradient_pass *pass, int64_t first, int64_t length) {
    const occurrence *all = pass->occurrences;
    for (int64_t o = 0; o < pass->count;) {
        float sum[STRIP] = {0};
        const occurrence *group = all + o;
        for (; o < pass->count && all[o].sample == group->sample && all[o].row == group->row; o++) {
            int64_t token = all[o].sample * pass->sequence + all[o].position;
            const float *dx = pass->dx + token * pass->width + first;
            for (int64_t c = 0; c < length; c++) sum[c] = sum[c] + dx[c];
        }
        float *accumulator = pass->accumulator + group->row * pass->width + first;
        SERRE_ELEMENTWISE
        for (int64_t c = 0; c < length; c++) accumulator[c] = accumulator[c] + sum[c];
    }
}

SERRE_INLINE void gradient(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const gradient_pass *pass = argument;
    for (int64_t strip = begin; strip < end; strip++) {
        int64_t left = pass->width - strip * STRIP;
        gradient_strip(pass, strip * STRIP, left < STRIP ? left : STRIP);
    }
}
SERRE_TASK(gradient)

/// Writes each sample's held occurrences, sorted by token and position; returns how many there are.
static int64_t sorted_occurrences(int64_t samples, int64_t sequence, const int32_t *tokens, int64_t first_row,
                                  int64_t rows, occurrence *out) {
    int64_t count = 0;
    for (int64_t sample = 0; sample < samples; sample++) {
        int64_t start = count;
        for (int64_t position = 0; position < sequence; position++) {
            int64_t row = (int64_t)tokens[sample * sequence + position] - first_row;
            if (row < 0 || row >= rows) continue;
            out[count++] = (occurrence){(int32_t)sample, (int32_t)row, (int32_t)position};
        }
        qsort(out + start, (size_t)(count - start), sizeof(occurrence), compare_occurrences);
    }
    return count;
}

void serre_embedding_gradient(serre_context *context, int64_t samples, int64_t sequence, const int32_t *tokens,
                              int64_t first_row, int64_t rows, int64_t width, const float *dx, float *accumulator) {
    // Slot 7 of the caller: the workers read it, none asks for it.
    int64_t floats = samples * sequence * (int64_t)(sizeof(occurrence) / sizeof(float));
    occurrence *occurrences = (occurrence *)(void *)serre_scratch(context, 0, SERRE_SCRATCH_SLOTS - 1, floats);
    int64_t count = sorted_occurrences(samples, sequence, tokens, first_row, rows, occurrences);
    gradient_pass pass = {occurrences, count, sequence, width, dx, accumulator};
    int64_t strips = (width + STRIP - 1) / STRIP, grain = rows_per_piece(count * STRIP);
    serre_run(context, strips, grain, SERRE_PICK(context, gradient), &pass);
}
