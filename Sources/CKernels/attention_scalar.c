/// Causal attention, one row at a time: the definition as code.
#include "attention.h"

#pragma clang fp contract(off)

/// The chain over d of fma(a[d], b[d], ·).
static float dot(const float *a, const float *b, int64_t count) {
    float sum = 0;
    for (int64_t d = 0; d < count; d++) sum = __builtin_fmaf(a[d], b[d], sum);
    return sum;
}

/// out[d] = fma(weight, x[d], out[d]).
static void accumulate(float weight, const float *x, int64_t count, float *out) {
    for (int64_t d = 0; d < count; d++) out[d] = __builtin_fmaf(weight, x[d], out[d]);
}

/// s[j] for the keys j ≤ i, which lie `ld` floats apart.
static void score_row(const attention_pass *pass, const float *query, const float *keys, int64_t ld, float slope,
                      int64_t i, float *s) {
    for (int64_t j = 0; j <= i; j++) {
        s[j] = dot(query, keys + j * ld, pass->head_size) * pass->scale;
        if (pass->slopes != NULL) s[j] = s[j] + slope * (float)j;
    }
}

/// The row of outputs from the scores for the keys j ≤ i, whose values lie `ld` floats apart.
static void attend_row(const attention_pass *pass, const float *values, int64_t ld, int64_t i, float *p, float *max,
                       float *sum, float *row) {
    *max = row_largest(p, i + 1);
    for (int64_t j = 0; j <= i; j++) p[j] = float_exp(p[j] - *max);
    *sum = strided_sum(p, i + 1);
    memset(row, 0, (size_t)pass->head_size * sizeof(float));
    for (int64_t j = 0; j <= i; j++) accumulate(p[j] / *sum, values + j * ld, pass->head_size, row);
}

void attention_forward_scalar(void *argument, int64_t begin, int64_t end, int worker) {
    const attention_pass *pass = argument;
    int64_t ld = pass->ld;
    float *p = serre_scratch(pass->context, worker, 0, pass->sequence);
    for (int64_t piece = begin; piece < end; piece++) {
        head_place place = place_of(pass, piece);
        const float *q = pass->qkv + place.query, *k = pass->qkv + place.key, *v = pass->qkv + place.value;
        float *out = pass->out + output_offset(pass, piece, pass->ld_out);
        for (int64_t i = 0; i < pass->sequence; i++) {
            float max, sum;
            score_row(pass, q + i * ld, k, ld, slope_of(pass, piece), i, p);
            attend_row(pass, v, ld, i, p, &max, &sum, out + i * pass->ld_out);
            pass->row_max[piece * pass->sequence + i] = max;
            pass->row_sum[piece * pass->sequence + i] = sum;
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Kept keys and values: row after row.

void attention_keep_scalar(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const attention_pass *pass = argument;
    int64_t size = pass->head_size;
    for (int64_t piece = begin; piece < end; piece++) {
        const serre_text *text = &pass->texts[piece / pass->groups];
        text_place place = place_in_text(pass, text, piece % pass->groups * pass->queries);
        for (int64_t r = 0; r < text->count; r++) {
            int64_t kept = (text->start + r) * size;
            memcpy(place.kept_keys + kept, place.key + r * pass->ld, (size_t)size * sizeof(float));
            memcpy(place.kept_values + kept, place.value + r * pass->ld, (size_t)size * sizeof(float));
        }
    }
}

void attention_kept_scalar(void *argument, int64_t begin, int64_t end, int worker) {
    const attention_pass *pass = argument;
    float *p = serre_scratch(pass->context, worker, 0, pass->sequence);
    for (int64_t piece = begin; piece < end; piece++) {
        const serre_text *text = &pass->texts[piece / pass->heads];
        int64_t head = piece % pass->heads;
        text_place place = place_in_text(pass, text, head);
        float slope = slope_of(pass, head);
        for (int64_t r = 0; r < text->count; r++) {
            score_row(pass, place.query + r * pass->ld, place.kept_keys, pass->head_size, slope, text->start + r, p);
            float max, sum, *row = pass->out + (text->row + r) * pass->ld_out + head * pass->head_size;
            attend_row(pass, place.kept_values, pass->head_size, text->start + r, p, &max, &sum, row);
        }
    }
}

/// The strided chain of fma(p[j], dp[j], ·).
static float strided_dot(const float *p, const float *dp, int64_t count) {
    float_lanes partials = {0};
    for (int64_t j = 0; j < count; j++) partials[j % LANES] = __builtin_fmaf(p[j], dp[j], partials[j % LANES]);
    return float_tree(&partials);
}

/// Adds a head's terms to its group's dk and dv.
static void backward_head(const attention_pass *pass, int64_t piece, float *p, float *ds) {
    int64_t size = pass->head_size, ld = pass->ld;
    head_place place = place_of(pass, piece);
    const float *q = pass->qkv + place.query, *k = pass->qkv + place.key, *v = pass->qkv + place.value;
    const float *dout = pass->dout + output_offset(pass, piece, pass->ld_dout);
    float *dq = pass->dqkv + place.query, *dk = pass->dqkv + place.key, *dv = pass->dqkv + place.value;
    for (int64_t i = 0; i < pass->sequence; i++) {
        const float *query = q + i * ld, *dout_row = dout + i * pass->ld_dout;
        float max = pass->saved_max[piece * pass->sequence + i], sum = pass->saved_sum[piece * pass->sequence + i];
        score_row(pass, query, k, ld, slope_of(pass, piece), i, p);
        for (int64_t j = 0; j <= i; j++) {
            p[j] = float_exp(p[j] - max) / sum;
            ds[j] = dot(dout_row, v + j * ld, size);
        }
        float total = strided_dot(p, ds, i + 1);
        for (int64_t j = 0; j <= i; j++) {
            ds[j] = p[j] * (ds[j] - total);
            accumulate(ds[j], k + j * ld, size, dq + i * ld);
            accumulate(ds[j], query, size, dk + j * ld);
            accumulate(p[j], dout_row, size, dv + j * ld);
        }
    }
}

static void backward_group(const attention_pass *pass, int64_t group, float *p, float *ds) {
    int64_t first = group * pass->queries, ld = pass->ld, size = pass->head_size;
    head_place place = place_of(pass, first);
    // Queries, key and value of a group are neighbours.
    float *rows = pass->dqkv + place.query;
    for (int64_t i = 0; i < pass->sequence; i++) {
        memset(rows + i * ld, 0, (size_t)((pass->queries + 2) * size) * sizeof(float));
    }
    for (int64_t query = 0; query < pass->queries; query++) backward_head(pass, first + query, p, ds);
    for (int64_t i = 0; i < pass->sequence; i++) {
        float *row = rows + i * ld;
        for (int64_t d = 0; d < (pass->queries + 1) * size; d++) row[d] = pass->scale * row[d];
    }
}

void attention_backward_scalar(void *argument, int64_t begin, int64_t end, int worker) {
    const attention_pass *pass = argument;
    float *p = serre_scratch(pass->context, worker, 0, pass->sequence);
    float *ds = serre_scratch(pass->context, worker, 1, pass->sequence);
    for (int64_t group = begin; group < end; group++) backward_group(pass, group, p, ds);
}
