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

void serre_attention_kept(serre_context *context, int64_t text_count, const int32_t *texts, int64_t positions,
                          int64_t heads, int64_t groups, int64_t head_size, const float *qkv, int64_t ld,
                          const float *slopes, float scale, float *kept, int64_t kept_per_text, float *out,
                          int64_t ld_out) {
    attention_pass pass = {
        .context = context, .sequence = positions, .heads = heads, .groups = groups, .queries = heads / groups,
        .head_size = head_size, .qkv = qkv, .ld = ld, .slopes = slopes, .scale = scale, .out = out, .ld_out = ld_out,
        .texts = (const serre_text *)texts, .kept = kept, .kept_per_text = kept_per_text,
    };
    int64_t rows = 0, products = 0;
    for (int64_t t = 0; t < text_count; t++) {
        rows += pass.texts[t].count;
        products += (int64_t)pass.texts[t].count * (pass.texts[t].start + pass.texts[t].count);
    }
    if (rows == 0) return;
    int64_t grain = rows_per_piece(rows * head_size / text_count);
    serre_run(context, text_count * groups, grain, SERRE_PICK(context, attention_keep), &pass);
    grain = rows_per_piece(products * head_size / 8 / text_count);
    serre_run(context, text_count * heads, grain, SERRE_PICK(context, attention_kept), &pass);
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
