/// What the scalar and the packed attention share: the pass, where one head lies in it, and the arithmetic along a row.
#ifndef SERRE_ATTENTION_H
#define SERRE_ATTENTION_H

#include "math_float.h"
#include "row_reductions.h"
#include "tasks.h"

/// A forward or backward pass. `queries` query heads share the key and value of each of `groups` groups. A piece of the
/// forward is one query head of one sample, a piece of the backward one group. Of the members after row_sum five are the
/// backward's, the rest belongs to a pass over kept keys and values, whose `sequence` is the positions that there is room for.
typedef struct {
    serre_context *context;
    int64_t sequence, heads, groups, queries, head_size;
    const float *qkv;
    int64_t ld;
    /// NULL for attention without a bias.
    const float *slopes;
    float scale;
    float *out;
    int64_t ld_out;
    float *row_max, *row_sum;
    const float *saved_max, *saved_sum, *dout;
    int64_t ld_dout;
    float *dqkv;
    const serre_text *texts;
    float *kept;
    int64_t kept_per_text;
} attention_pass;

/// Tasks over [0, samples * heads) and, backward, [0, samples * groups).
void attention_forward_scalar(void *argument, int64_t begin, int64_t end, int worker);
void attention_backward_scalar(void *argument, int64_t begin, int64_t end, int worker);
/// Tasks over [0, texts * groups), which add keys and values to the kept ones, and then over [0, texts * heads).
void attention_keep_scalar(void *argument, int64_t begin, int64_t end, int worker);
void attention_kept_scalar(void *argument, int64_t begin, int64_t end, int worker);
#if SERRE_HAS_AVX2
void attention_forward_avx2(void *argument, int64_t begin, int64_t end, int worker);
void attention_backward_avx2(void *argument, int64_t begin, int64_t end, int worker);
void attention_forward_avx512(void *argument, int64_t begin, int64_t end, int worker);
void attention_backward_avx512(void *argument, int64_t begin, int64_t end, int worker);
void attention_keep_avx2(void *argument, int64_t begin, int64_t end, int worker);
void attention_kept_avx2(void *argument, int64_t begin, int64_t end, int worker);
void attention_keep_avx512(void *argument, int64_t begin, int64_t end, int worker);
void attention_kept_avx512(void *argument, int64_t begin, int64_t end, int worker);
#endif

/// One query head of one sample: offsets of its first query, key and value in qkv and dqkv.
typedef struct {
    int64_t query, key, value;
} head_place;

/// `piece` counts samples, then query heads.
SERRE_INLINE head_place place_of(const attention_pass *pass, int64_t piece) {
    int64_t sample = piece / pass->heads, head = piece % pass->heads, group = head / pass->queries;
    int64_t first = sample * pass->sequence * pass->ld + group * (pass->queries + 2) * pass->head_size;
    int64_t key = first + pass->queries * pass->head_size;
    return (head_place){first + head % pass->queries * pass->head_size, key, key + pass->head_size};
}

/// The slope of a piece's head; 0 without a bias.
SERRE_INLINE float slope_of(const attention_pass *pass, int64_t piece) {
    return pass->slopes == NULL ? 0.0f : pass->slopes[piece % pass->heads];
}

/// Offset of a head's first output in rows of `ld`.
SERRE_INLINE int64_t output_offset(const attention_pass *pass, int64_t piece, int64_t ld) {
    int64_t sample = piece / pass->heads, head = piece % pass->heads;
    return sample * pass->sequence * ld + head * pass->head_size;
}

/// Where the rows of a text have a query head, or a group's key, in qkv; and where the group's keys and values are kept, the
/// values behind the keys.
typedef struct {
    const float *query, *key, *value;
    float *kept_keys, *kept_values;
} text_place;

/// The places of query head `head` of a text.
SERRE_INLINE text_place place_in_text(const attention_pass *pass, const serre_text *text, int64_t head) {
    int64_t size = pass->head_size, group = head / pass->queries;
    const float *first = pass->qkv + text->row * pass->ld + group * (pass->queries + 2) * size;
    const float *key = first + pass->queries * size;
    float *kept = pass->kept + text->slot * pass->kept_per_text + group * (pass->kept_per_text / pass->groups);
    float *values = kept + (pass->sequence + 31) / 32 * 32 * size;
    return (text_place){first + head % pass->queries * size, key, key + size, kept, values};
}

/// bias[j] = slope * (float)j.
SERRE_INLINE void alibi_row(float slope, int64_t keys, float *bias) {
    for (int64_t j = 0; j < keys; j++) bias[j] = slope * (float)j;
}

#endif
