/// What the scalar and the packed attention share: the pass, where one head lies in it, and the arithmetic along a row.
#ifndef SERRE_ATTENTION_H
#define SERRE_ATTENTION_H

#include "math_float.h"
#include "row_reductions.h"
#include "tasks.h"

/// A forward or backward pass. `queries` query heads share the key and value of each of `groups` groups. A piece of the
/// forward is one query head of one sample, a piece of the backward one group. The last five members are the backward's.
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
} attention_pass;

/// Tasks over [0, samples * heads) and, backward, [0, samples * groups).
void attention_forward_scalar(void *argument, int64_t begin, int64_t end, int worker);
void attention_backward_scalar(void *argument, int64_t begin, int64_t end, int worker);
#if SERRE_HAS_AVX2
void attention_forward_avx2(void *argument, int64_t begin, int64_t end, int worker);
void attention_backward_avx2(void *argument, int64_t begin, int64_t end, int worker);
void attention_forward_avx512(void *argument, int64_t begin, int64_t end, int worker);
void attention_backward_avx512(void *argument, int64_t begin, int64_t end, int worker);
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

/// bias[j] = slope * (float)j.
SERRE_INLINE void alibi_row(float slope, int64_t keys, float *bias) {
    for (int64_t j = 0; j < keys; j++) bias[j] = slope * (float)j;
}

#endif
