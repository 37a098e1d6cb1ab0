/// Causal attention over packed panels, for any width of registers. Include inside a target region, after the macros
/// that attention_tiles.h asks for, and with PACKED_ATTENTION(name) to name the two tasks.
///
/// Queries go in blocks: their scores for all keys up to the block's end are kept, so that the softmax is the plain
/// maximum, sum and quotient, and the backward pass never holds more than two blocks of the sequence² numbers. Every
/// product is a register tile over packed panels; a tile that meets the diagonal leaves out the keys behind it.
#ifndef SERRE_ATTENTION_PACKED_H
#define SERRE_ATTENTION_PACKED_H

#include "attention_tiles.h"

enum {
    /// Queries per block: two blocks of scores against 2,048 keys stay in the second-level cache.
    BLOCK = 24,
};

/// One head's packed panels and blocks, all in scratch.
typedef struct {
    const attention_pass *pass;
    /// Samples, then query heads.
    int64_t piece;
    /// Floats between two queries' scores: whole panels, and one more so that rows do not share cache sets.
    int64_t ld;
    float *bias, *p, *ds;
    float *key_panels, *value_panels, *query_columns, *key_columns, *value_columns, *dout_columns;
    float *dk, *dv;
} head;

/// The queries [begin, end) of one head.
typedef struct {
    int64_t begin, end;
} query_block;

// ---------------------------------------------------------------------------------------------------------------
// Products of a block.

/// dots[i - begin, j] = chain over d of fma(a[i, d], key j's d, ·), for whole panels up to the diagonal. `a` is the block's
/// first row.
static void block_dots(const head *h, query_block block, const float *a, int64_t lda, const float *panels,
                       float *dots) {
    int64_t size = h->pass->head_size;
    for (int64_t j = 0; j < block.end; j += PANEL) {
        for (int64_t i = block.begin; i < block.end; i += TILE_ROWS) {
            int64_t rows = smaller(TILE_ROWS, block.end - i);
            if (j >= i + rows) continue;
            float *out = dots + (i - block.begin) * h->ld + j;
            WITH_ROWS(rows, dot_tile, a + (i - block.begin) * lda, lda, panels + j * size, size, out, h->ld)
        }
    }
}

/// out[i, d] = factor * chain over j ≤ i of fma(weights[i - begin, j], columns[j, d], ·). `out` is the block's first row.
static void block_of_queries(const head *h, query_block block, const float *weights, const float *columns,
                             float factor, float *out, int64_t ld_out) {
    int64_t size = h->pass->head_size;
    for (int64_t column = 0; column < size; column += PANEL) {
        const float *panel = columns + column * h->pass->sequence;
        int64_t width = panel_width(column, size), inside = smaller(width, size - column);
        for (int64_t i = block.begin; i < block.end; i += TILE_ROWS) {
            int64_t rows = smaller(TILE_ROWS, block.end - i);
            const float *tile_weights = weights + (i - block.begin) * h->ld;
            float *tile_out = out + (i - block.begin) * ld_out + column;
            if (width == PANEL) {
                WITH_ROWS(rows, query_tile, 2, i, tile_weights, h->ld, panel, factor, inside, tile_out, ld_out)
            } else {
                WITH_ROWS(rows, query_tile, 1, i, tile_weights, h->ld, panel, factor, inside, tile_out, ld_out)
            }
        }
    }
}

/// Continues sums[j, d] with fma(weights[i - begin, j], columns[i, d], ·) over the block's queries i ≥ j.
static void block_of_keys(const head *h, query_block block, const float *weights, const float *columns, float *sums) {
    int64_t size = h->pass->head_size;
    for (int64_t column = 0; column < size; column += PANEL) {
        int64_t start = column * h->pass->sequence, width = panel_width(column, size);
        const float *panel = columns + start + block.begin * width;
        for (int64_t j = 0; j < block.end; j += TILE_ROWS) {
            int64_t rows = smaller(TILE_ROWS, block.end - j);
            float *tile = sums + start + j * width;
            if (width == PANEL) {
                WITH_ROWS(rows, key_tile, 2, j, block.begin, block.end, weights + j, h->ld, panel, tile)
            } else {
                WITH_ROWS(rows, key_tile, 1, j, block.begin, block.end, weights + j, h->ld, panel, tile)
            }
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Rows of a block. They are handled in whole panels: numbers behind the diagonal are computed and never used.

/// Before a loop over a multiple of a panel: steps of two vectors, so that nothing is left for the scalar remainder.
#define PRAGMA_OF(text) _Pragma(#text)
#define STEPS_OF_TWO(width) PRAGMA_OF(clang loop vectorize(assume_safety) vectorize_width(width) interleave_count(2))
#define WHOLE_PANELS STEPS_OF_TWO(ATTENTION_VECTOR)

/// dots become scores.
static void score_row(const head *h, int64_t padded, float *s) {
    const float *bias = h->bias;
    float scale = h->pass->scale;
    if (h->pass->slopes == NULL) {
        WHOLE_PANELS
        for (int64_t j = 0; j < padded; j++) s[j] = s[j] * scale;
        return;
    }
    WHOLE_PANELS
    for (int64_t j = 0; j < padded; j++) s[j] = s[j] * scale + bias[j];
}

/// Scores become exp(s − max).
static void exp_row(int64_t padded, float max, float *s) {
    WHOLE_PANELS
    for (int64_t j = 0; j < padded; j++) s[j] = float_exp(s[j] - max);
}

static void divide_row(int64_t padded, float divisor, float *s) {
    WHOLE_PANELS
    for (int64_t j = 0; j < padded; j++) s[j] = s[j] / divisor;
}

/// The strided chain of fma(p[j], dp[j], ·) over the keys j < count.
static float strided_dot(const float *p, const float *dp, int64_t count) {
    typedef int32_t masks __attribute__((vector_size(LANES * sizeof(int32_t))));
    const masks index = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    float_lanes partials = {0};
    for (int64_t j = 0; j < count; j += LANES) {
        float_lanes left, right;
        LOAD_LANES(left, p + j);
        LOAD_LANES(right, dp + j);
        float_lanes next = __builtin_elementwise_fma(left, right, partials);
        masks inside = index < (int32_t)smaller(LANES, count - j);
        partials = (float_lanes)((inside & (masks)next) | (~inside & (masks)partials));
    }
    return float_tree(&partials);
}

/// dp becomes ds = p*(dp − total).
static void score_gradient_row(int64_t padded, float total, const float *p, float *ds) {
    WHOLE_PANELS
    for (int64_t j = 0; j < padded; j++) ds[j] = p[j] * (ds[j] - total);
}

static void softmax_block(const head *h, query_block block) {
    for (int64_t i = block.begin; i < block.end; i++) {
        float *s = h->p + (i - block.begin) * h->ld;
        int64_t keys = i + 1, padded = round_up(keys, PANEL);
        score_row(h, padded, s);
        // Behind the diagonal: a score that can't change the maximum, then zeros that can't change partials ≥ +0.
        for (int64_t j = keys; j < padded; j++) s[j] = s[0];
        float max = row_largest(s, padded);
        exp_row(padded, max, s);
        for (int64_t j = keys; j < padded; j++) s[j] = 0.0f;
        float sum = strided_sum(s, padded);
        divide_row(padded, sum, s);
        if (h->pass->row_max == NULL) continue;
        h->pass->row_max[h->piece * h->pass->sequence + i] = max;
        h->pass->row_sum[h->piece * h->pass->sequence + i] = sum;
    }
}

/// p again from the saved maximum and sum, and ds in place of dp.
static void gradient_block(const head *h, query_block block) {
    for (int64_t i = block.begin; i < block.end; i++) {
        float *p = h->p + (i - block.begin) * h->ld, *ds = h->ds + (i - block.begin) * h->ld;
        int64_t keys = i + 1, padded = round_up(keys, PANEL);
        score_row(h, padded, p);
        exp_row(padded, h->pass->saved_max[h->piece * h->pass->sequence + i], p);
        divide_row(padded, h->pass->saved_sum[h->piece * h->pass->sequence + i], p);
        score_gradient_row(padded, strided_dot(p, ds, keys), p, ds);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Heads.

/// Scratch for what both directions use. Slots 0 to 2.
static head head_of(const attention_pass *pass, int worker) {
    int64_t padded = round_up(pass->sequence, PANEL), ld = padded + PANEL;
    head h = {.pass = pass, .ld = ld};
    h.bias = serre_scratch(pass->context, worker, 0, padded);
    h.p = serre_scratch(pass->context, worker, 1, 2 * BLOCK * ld);
    h.ds = h.p + BLOCK * ld;
    if (pass->kept == NULL) h.key_panels = serre_scratch(pass->context, worker, 2, padded * pass->head_size);
    return h;
}

/// Floats of one packed copy in column panels.
static int64_t column_floats(const attention_pass *pass) {
    return pass->sequence * round_up(pass->head_size, VECTOR);
}

static void forward_head(const head *h) {
    const attention_pass *pass = h->pass;
    int64_t size = pass->head_size, ld = pass->ld, sequence = pass->sequence;
    head_place place = place_of(pass, h->piece);
    const float *q = pass->qkv + place.query, *k = pass->qkv + place.key, *v = pass->qkv + place.value;
    float *out = pass->out + output_offset(pass, h->piece, pass->ld_out);
    alibi_row(slope_of(pass, h->piece), round_up(sequence, PANEL), h->bias);
    pack_key_panels(k, ld, sequence, size, h->key_panels);
    pack_column_panels(v, ld, sequence, size, h->value_columns);
    for (int64_t i = 0; i < sequence; i += BLOCK) {
        query_block block = {i, smaller(sequence, i + BLOCK)};
        block_dots(h, block, q + i * ld, ld, h->key_panels, h->p);
        softmax_block(h, block);
        block_of_queries(h, block, h->p, h->value_columns, 1.0f, out + i * pass->ld_out, pass->ld_out);
    }
}

void PACKED_ATTENTION(attention_forward)(void *argument, int64_t begin, int64_t end, int worker) {
    const attention_pass *pass = argument;
    head h = head_of(pass, worker);
    h.value_columns = serre_scratch(pass->context, worker, 3, column_floats(pass));
    for (h.piece = begin; h.piece < end; h.piece++) forward_head(&h);
}

// ---------------------------------------------------------------------------------------------------------------
// Kept keys and values: packed as above, for as many positions as there is room for. A panel's rows that are not there yet
// are computed with and never used.

void PACKED_ATTENTION(attention_keep)(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const attention_pass *pass = argument;
    for (int64_t piece = begin; piece < end; piece++) {
        const serre_text *text = &pass->texts[piece / pass->groups];
        text_place place = place_in_text(pass, text, piece % pass->groups * pass->queries);
        pack_key_rows(place.key, pass->ld, pass->head_size, text->start, text->count, place.kept_keys);
        pack_column_rows(place.value, pass->ld, pass->sequence, pass->head_size, text->start, text->count,
                         place.kept_values);
    }
}

static void kept_head(const head *h, const serre_text *text, int64_t number) {
    const attention_pass *pass = h->pass;
    text_place place = place_in_text(pass, text, number);
    float *out = pass->out + text->row * pass->ld_out + number * pass->head_size;
    int64_t end = text->start + text->count;
    alibi_row(slope_of(pass, number), round_up(end, PANEL), h->bias);
    for (int64_t i = text->start; i < end; i += BLOCK) {
        query_block block = {i, smaller(end, i + BLOCK)};
        int64_t row = i - text->start;
        block_dots(h, block, place.query + row * pass->ld, pass->ld, place.kept_keys, h->p);
        softmax_block(h, block);
        block_of_queries(h, block, h->p, place.kept_values, 1.0f, out + row * pass->ld_out, pass->ld_out);
    }
}

void PACKED_ATTENTION(attention_kept)(void *argument, int64_t begin, int64_t end, int worker) {
    const attention_pass *pass = argument;
    head h = head_of(pass, worker);
    for (int64_t piece = begin; piece < end; piece++) {
        const serre_text *text = &pass->texts[piece / pass->heads];
        if (text->count > 0) kept_head(&h, text, piece % pass->heads);
    }
}

/// Continues the sums of a group's dk and dv with one of its query heads, whose dq is written.
static void backward_head(const head *h) {
    const attention_pass *pass = h->pass;
    int64_t size = pass->head_size, ld = pass->ld, sequence = pass->sequence, query = place_of(pass, h->piece).query;
    const float *q = pass->qkv + query, *dout = pass->dout + output_offset(pass, h->piece, pass->ld_dout);
    alibi_row(slope_of(pass, h->piece), round_up(sequence, PANEL), h->bias);
    pack_column_panels(q, ld, sequence, size, h->query_columns);
    pack_column_panels(dout, pass->ld_dout, sequence, size, h->dout_columns);
    for (int64_t i = 0; i < sequence; i += BLOCK) {
        query_block block = {i, smaller(sequence, i + BLOCK)};
        block_dots(h, block, q + i * ld, ld, h->key_panels, h->p);
        block_dots(h, block, dout + i * pass->ld_dout, pass->ld_dout, h->value_panels, h->ds);
        gradient_block(h, block);
        block_of_queries(h, block, h->ds, h->key_columns, pass->scale, pass->dqkv + query + i * ld, ld);
        block_of_keys(h, block, h->ds, h->query_columns, h->dk);
        block_of_keys(h, block, h->p, h->dout_columns, h->dv);
    }
}

static void backward_group(head *h, int64_t group) {
    const attention_pass *pass = h->pass;
    int64_t size = pass->head_size, ld = pass->ld, sequence = pass->sequence, first = group * pass->queries;
    head_place place = place_of(pass, first);
    const float *k = pass->qkv + place.key, *v = pass->qkv + place.value;
    pack_key_panels(k, ld, sequence, size, h->key_panels);
    pack_key_panels(v, ld, sequence, size, h->value_panels);
    pack_column_panels(k, ld, sequence, size, h->key_columns);
    memset(h->dk, 0, 2 * (size_t)column_floats(pass) * sizeof(float));
    for (h->piece = first; h->piece < first + pass->queries; h->piece++) backward_head(h);
    unpack_column_panels(h->dk, sequence, size, pass->scale, pass->dqkv + place.key, ld);
    unpack_column_panels(h->dv, sequence, size, 1.0f, pass->dqkv + place.value, ld);
}

void PACKED_ATTENTION(attention_backward)(void *argument, int64_t begin, int64_t end, int worker) {
    const attention_pass *pass = argument;
    int64_t floats = column_floats(pass), padded = round_up(pass->sequence, PANEL);
    head h = head_of(pass, worker);
    h.value_panels = serre_scratch(pass->context, worker, 3, padded * pass->head_size);
    h.query_columns = serre_scratch(pass->context, worker, 4, floats);
    h.key_columns = serre_scratch(pass->context, worker, 5, floats);
    h.dout_columns = serre_scratch(pass->context, worker, 6, floats);
    h.dk = serre_scratch(pass->context, worker, 7, 2 * floats);
    h.dv = h.dk + floats;
    for (int64_t group = begin; group < end; group++) backward_group(&h, group);
}

#endif
