/// The look-up of token vectors, over the rows of the vocabulary that a rank holds; learned positions.
#include "tasks.h"

#include <string.h>

#pragma clang fp contract(off)

typedef struct {
    const int32_t *tokens;
    int64_t first_row, rows, row_bytes;
    const char *table;
    char *out;
} lookup_pass;

static void look_up(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const lookup_pass *pass = argument;
    size_t bytes = (size_t)pass->row_bytes;
    for (int64_t t = begin; t < end; t++) {
        int64_t row = (int64_t)pass->tokens[t] - pass->first_row;
        char *out = pass->out + t * pass->row_bytes;
        if (row >= 0 && row < pass->rows) {
            memcpy(out, pass->table + row * pass->row_bytes, bytes);
        } else {
            memset(out, 0, bytes);
        }
    }
}

void serre_embedding(serre_context *context, int64_t tokens_count, const int32_t *tokens, int64_t first_row,
                     int64_t rows, int64_t width, const float *table, float *out) {
    int64_t row_bytes = width * (int64_t)sizeof(float);
    lookup_pass pass = {tokens, first_row, rows, row_bytes, (const char *)table, (char *)out};
    serre_run(context, tokens_count, rows_per_piece(width), look_up, &pass);
}

void serre_embedding16(serre_context *context, int64_t tokens_count, const int32_t *tokens, int64_t first_row,
                       int64_t rows, int64_t width, const uint16_t *table, uint16_t *out) {
    int64_t row_bytes = width * (int64_t)sizeof(uint16_t);
    lookup_pass pass = {tokens, first_row, rows, row_bytes, (const char *)table, (char *)out};
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
