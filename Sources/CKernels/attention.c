/// Causal attention: the entry points. Heads, or groups of heads, are shared among the workers.
#include "attention.h"

/// Heads (or groups, of `queries` heads) per piece: one, unless heads are tiny.
static int64_t heads_per_piece(int64_t sequence, int64_t head_size, int64_t queries) {
    return rows_per_piece(sequence * sequence * head_size * queries / 8);
}

void serre_attention(serre_context *context, int64_t samples, int64_t sequence, int64_t heads, int64_t groups,
                     int64_t head_size, const float *qkv, int64_t ld, const float *slopes, float scale, float *out,
                     int64_t ld_out, float *row_max, float *row_sum) {
    attention_pass pass = {
        .context = context, .sequence = sequence, .heads = heads, .groups = groups, .queries = heads / groups,
        .head_size = head_size, .qkv = qkv, .ld = ld, .slopes = slopes, .scale = scale,
        .out = out, .ld_out = ld_out, .row_max = row_max, .row_sum = row_sum,
    };
    int64_t grain = heads_per_piece(sequence, head_size, 1);
    serre_run(context, samples * heads, grain, SERRE_PICK(context, attention_forward), &pass);
}

void serre_attention_backward(serre_context *context, int64_t samples, int64_t sequence, int64_t heads,
                              int64_t groups, int64_t head_size, const float *qkv, int64_t ld, const float *slopes,
                              float scale, const float *row_max, const float *row_sum, const float *dout,
                              int64_t ld_dout, float *dqkv) {
    attention_pass pass = {
        .context = context, .sequence = sequence, .heads = heads, .groups = groups, .queries = heads / groups,
        .head_size = head_size, .qkv = qkv, .ld = ld, .slopes = slopes, .scale = scale,
        .saved_max = row_max, .saved_sum = row_sum, .dout = dout, .ld_dout = ld_dout, .dqkv = dqkv,
    };
    int64_t grain = heads_per_piece(sequence, head_size, pass.queries);
    serre_run(context, samples * groups, grain, SERRE_PICK(context, attention_backward), &pass);
}
