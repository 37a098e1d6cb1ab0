/// What the scalar and the AVX2 attention share: the pass, where one head lies in it, and the arithmetic along a row.
#ifndef SERRE_ATTENTION_H
#define SERRE_ATTENTION_H

#include "math_float.h"
#include "row_reductions.h"
#include "tasks.h"

/// A forward or backward pass; each piece of it is one head of one sample. The last five members are the backward's.
typedef struct {
    serre_context *context;
    int64_t sequence, heads, head_size;
    const float *qkv;
    int64_t ld;
    const float *slopes;
    float scale;
    float *out;
    int64_t ld_out;
    float *row_max, *row_sum;
    const float *saved_max, *saved_sum, *dout;
    int64_t ld_dout;
    float *dqkv;
} attention_pass;

/// Tasks over [0, samples * heads).
void attention_forward_scalar(void *argument, int64_t begin, int64_t end, int worker);
void attention_backward_scalar(void *argument, int64_t begin, int64_t end, int worker);
#if SERRE_HAS_AVX2
void attention_forward_avx2(void *argument, int64_t begin, int64_t end, int worker);
void attention_backward_avx2(void *argument, int64_t begin, int64_t end, int worker);
#endif

/// Offset in qkv and dqkv of the first query of a head; its keys begin head_size further, its values 2 head_size.
SERRE_INLINE int64_t query_offset(const attention_pass *pass, int64_t piece) {
    int64_t sample = piece / pass->heads, head = piece % pass->heads;
    return sample * pass->sequence * pass->ld + head * 3 * pass->head_size;
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
