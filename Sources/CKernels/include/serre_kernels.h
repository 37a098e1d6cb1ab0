/// The kernels of the arithmetic contract `exact-1`.
///
/// Each function is one pass over dense float32 memory. Its comment defines every output bit: in which order values are
/// added, and where a fused multiply-add (`fma`, one rounding) stands. Everything else is one IEEE operation at a time,
/// round to nearest even, subnormals kept. The number of workers, the instruction set and the blocking never show, but
/// in the payload bits of a NaN.
///
/// Where a lane's accumulator starts (A6, A7, A9): for weights and column biases it is the first sample's sum; for
/// replicated parameters and the look-up it is +0, to which the lane's terms are added. A clip limit of 0 or less means
/// no clipping: the factor is 1.
///
/// With bfloat16 storage (A1) an operand is widened exactly before its kernel and the output rounded once after it; what a
/// kernel changes in place is rounded again, as queries and keys are after they have turned.
///
/// Words: a *chain* adds in index order to an accumulator that starts at +0. A *tree* over m·2^k leaves (m odd) adds
/// each aligned block of 2^k leaves as a balanced binary tree in index order (left + right), then the m roots from
/// left to right. *Strided* sums (rule A8) are 16 partial chains, element i in partial i mod 16, then the tree of the
/// 16 partials; a row shorter than 16 leaves some partials at +0.
#ifndef SERRE_KERNELS_H
#define SERRE_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

// ---------------------------------------------------------------------------------------------------------------
// Context: the instruction set in force and the workers that share each pass.

typedef enum {
    SERRE_ISA_SCALAR = 0,
    /// AVX2 with FMA.
    SERRE_ISA_AVX2 = 1,
    /// AVX-512F beside these: registers of 16 lanes.
    SERRE_ISA_AVX512 = 2,
} serre_isa;

typedef struct serre_context serre_context;

/// The widest instruction set that this processor has and this build knows.
serre_isa serre_isa_best(void);

/// Makes a context with `workers` ≥ 1 threads (the caller is one of them). Returns NULL when memory or threads lack,
/// or when the processor lacks the instruction set.
serre_context *serre_context_create(serre_isa isa, int workers);
void serre_context_destroy(serre_context *context);
serre_isa serre_context_isa(const serre_context *context);
int serre_context_workers(const serre_context *context);

/// Bytes of scratch memory that the context holds now (packed panels, attention tiles), all workers together.
int64_t serre_context_scratch_bytes(const serre_context *context);

/// True when every worker's floating-point control register asks for round to nearest, subnormals kept, no traps.
bool serre_context_control_is_ieee(serre_context *context);

// ---------------------------------------------------------------------------------------------------------------
// Matrix product (A3), segments (A5) and lanes (A6).

/// One chain of a product and what becomes of its value v, per output element.
///
/// v = chain over k in [begin, end) of fma(A[i,k], B[k,j], v), from +0; then, for s = slot + adds − 1 down to slot:
/// v = slots[s][i,j] + v; then slots[slot][i,j] = v. This is a binary counter: a caller that pushes leaves with the right
/// `adds` gets the tree of A4.
typedef struct {
    int64_t begin, end;
    int32_t adds, slot;
} serre_chain;

/// slots[s] is an m × n row-major matrix with leading dimension ldc, or NULL for a slot that lives only inside this call
/// (the kernel keeps it in scratch). slots[0] is never NULL.
typedef struct {
    int64_t m, n;
    /// A[i,k] = a[i*lda + k], or a[k*lda + i] when a_transposed.
    const float *a;
    int64_t lda;
    bool a_transposed;
    /// B[k,j] = b[k*ldb + j], or b[j*ldb + k] when b_transposed.
    const float *b;
    int64_t ldb;
    bool b_transposed;
    const serre_chain *chains;
    int64_t chain_count;
    float *const *slots;
    int64_t slot_count;
    int64_t ldc;
    /// When not NULL: after the last chain, slots[0][i,j] = slots[0][i,j] + bias[j] (one addition).
    const float *bias;
} serre_product;

void serre_matmul(serre_context *context, const serre_product *product);

/// The same outputs in exact arithmetic, by OpenBLAS: each chain is one sgemm, chains are added as above. Its bits are
/// OpenBLAS's own. Returns false when serre_blas_open has not succeeded.
bool serre_matmul_blas(serre_context *context, const serre_product *product);

/// Opens libopenblas at run time with one thread, and with the Haswell kernels pinned or, for measuring, those that it
/// chooses for this processor; where these do not use `isa` (the library may be older than the processor), with those of
/// its kernels that do. The environment is set before loading; the first call of the process decides.
/// Returns NULL on success, or a static sentence that says what is missing.
const char *serre_blas_open(bool pinned, serre_isa isa);
/// The compiler that made the kernels, as it names itself.
const char *serre_compiler(void);
/// OpenBLAS's own description of its configuration, or NULL before it is open.
const char *serre_blas_config(void);

/// What a sample of a micro-batch does to the fold of lanes (A6) where a lane's sum has accumulators of its own (A7, A9):
/// begins a lane, ends one, and what then becomes of its value.
typedef struct {
    bool opens, closes;
    int32_t adds, slot;
} serre_lane_step;

/// slots[slot][i] = chained adds as in serre_chain with v = tree (A4) over s < segments of leaves[s*count + i].
void serre_fold(serre_context *context, int64_t count, int64_t segments, const float *leaves,
                float *const *slots, int32_t adds, int32_t slot);

/// Per column j: v = chain over rows t in [begin, end) of (v + dy[t*ld + j]); then adds and slot as in serre_chain.
void serre_column_sums(serre_context *context, int64_t n, const float *dy, int64_t ld,
                       const serre_chain *chains, int64_t chain_count, float *const *slots, int64_t slot_count);

// ---------------------------------------------------------------------------------------------------------------
// Element by element.

/// out[r,c] = (sum[r,c] + bias[c]) + residual[r,c]. out may be any of the inputs.
void serre_add_bias_residual(serre_context *context, int64_t rows, int64_t columns, const float *sum,
                             const float *bias, const float *residual, float *out);
/// out[i] = a[i] + b[i]. out may be an input.
void serre_add(serre_context *context, int64_t count, const float *a, const float *b, float *out);
/// out[i] = tree (A4) over c < contributions of in[c][i]. out may be in[0].
void serre_tree_sum(serre_context *context, int64_t count, const float *const *in, int64_t contributions, float *out);
/// out[i] = the bitwise or of in[c][i]'s 32 bits (A9: moves the owner's bits; the others hold zero bits).
void serre_tree_or(serre_context *context, int64_t count, const float *const *in, int64_t contributions, float *out);
/// out[i] = the largest of in[c][i], starting from in[0][i] and replacing when a later one is greater.
void serre_tree_max(serre_context *context, int64_t count, const float *const *in, int64_t contributions, float *out);

/// GELU, tanh form (Hendrycks and Gimpel 2016): c = 0.79788456f, a = 0.044715f; u = c*(x*(1 + (a*x)*x));
/// y = (0.5*x)*(1 + tanh(u)). Products and sums are rounded one by one, in the order of the brackets.
void serre_gelu(serre_context *context, int64_t count, const float *x, float *y);
/// t = tanh(u) as above; d = (0.5*x)*((1 − t*t)*(c + ((3*c*a)*x)*x)) + 0.5*(1 + t), where 3*c*a is the float32 constant
/// 0.1070322243f; dx = dy*d. dx may be dy.
void serre_gelu_backward(serre_context *context, int64_t count, const float *dy, const float *x, float *dx);

/// The SiLU-gated unit (Shazeer 2020) on pairs: g = x[2i] is the gate, u = x[2i + 1]; σ = 1/(1 + exp(−g));
/// y[i] = (g*σ)*u. `count` is the number of pairs.
void serre_swiglu(serre_context *context, int64_t count, const float *x, float *y);
/// dx[2i] = (dy*u)*(σ*(1 + g*(1 − σ))); dx[2i + 1] = dy*(g*σ). dx may be x.
void serre_swiglu_backward(serre_context *context, int64_t count, const float *dy, const float *x, float *dx);

/// float32 to bfloat16 (its upper 16 bits), to nearest even; what overflows becomes an infinity, a NaN stays one.
void serre_round_bfloat16(serre_context *context, int64_t count, const float *x, uint16_t *y);
/// bfloat16 to float32, exactly.
void serre_widen_bfloat16(serre_context *context, int64_t count, const uint16_t *x, float *y);

/// float32 e^x, ln x, tanh x, at most 2 ulp from the true value over all inputs (NaN, infinities and subnormals as IEEE
/// asks: e^−inf = +0, e^+inf = +inf, ln 0 = −inf, ln of a negative = NaN).
void serre_exp(serre_context *context, int64_t count, const float *x, float *y);
void serre_log(serre_context *context, int64_t count, const float *x, float *y);
void serre_tanh(serre_context *context, int64_t count, const float *x, float *y);

// ---------------------------------------------------------------------------------------------------------------
// Layer norm (A7, A8). x, y: rows × width.

/// mean = (strided sum of x) / width; var = (strided chain fma(d, d, ·), d = x − mean) / width;
/// rstd = 1 / sqrt(var + epsilon); y = (((x − mean)*rstd)*gamma) + beta. mean and rstd are kept per row.
void serre_layer_norm(serre_context *context, int64_t rows, int64_t width, float epsilon, const float *x,
                      const float *gamma, const float *beta, float *y, float *mean, float *rstd);
/// xh = (x − mean)*rstd; g = dy*gamma; s1 = (strided sum of g)/width; s2 = (strided chain fma(g, xh, ·))/width;
/// d = rstd*((g − s1) − xh*s2); dx = d, or residual + d when residual is not NULL. dx may be dy or residual.
void serre_layer_norm_backward(serre_context *context, int64_t rows, int64_t width, const float *dy, const float *x,
                               const float *mean, const float *rstd, const float *gamma, const float *residual,
                               float *dx);
/// Replicated parameters' gradients (A7): accumulator[g*width + c] for each of `segments` equal parts g of the sequence,
/// continued (never reset here) over samples, then the part's tokens in order:
/// with x NULL: acc = acc + dy; else acc = fma(dy, xh, acc) with xh as above, or xh = x*rstd where mean is NULL (RMS norm).
/// Rows are sample-major: row = sample*sequence + t.
///
/// With segments = sequence this is also the gradient of a table of positions: row t is a chain over samples alone.
/// Its rows are not added afterwards, only lanes are (A4).
void serre_replicated_gradient(serre_context *context, int64_t samples, int64_t sequence, int64_t width,
                               int64_t segments, const float *dy, const float *x, const float *mean,
                               const float *rstd, float *accumulator);
/// The same through the lanes of a micro-batch, one step per sample: a sample that opens a lane clears the accumulators
/// first; after one that closes a lane, v = tree (A4) over the segments' accumulators, then adds and slot as in
/// serre_chain. Without adds_segments the accumulators stay apart: each is folded alone, and a slot holds
/// segments × width values. No slot is NULL.
void serre_replicated_gradient_lanes(serre_context *context, const serre_lane_step *steps, int64_t samples,
                                     int64_t sequence, int64_t width, int64_t segments, bool adds_segments,
                                     const float *dy, const float *x, const float *mean, const float *rstd,
                                     float *accumulator, float *const *slots);

// ---------------------------------------------------------------------------------------------------------------
// RMS norm (Zhang and Sennrich 2019; A8). x, y: rows × width. The gradient of gamma is serre_replicated_gradient's.

/// rstd = 1 / sqrt((strided chain fma(x, x, ·))/width + epsilon), kept per row; y = (x*rstd)*gamma.
void serre_rms_norm(serre_context *context, int64_t rows, int64_t width, float epsilon, const float *x,
                    const float *gamma, float *y, float *rstd);
/// xh = x*rstd; g = dy*gamma; s = (strided chain fma(g, xh, ·))/width; d = rstd*(g − xh*s); dx = d, or residual + d when
/// residual is not NULL. dx may be dy or residual.
void serre_rms_norm_backward(serre_context *context, int64_t rows, int64_t width, const float *dy, const float *x,
                             const float *rstd, const float *gamma, const float *residual, float *dx);

// ---------------------------------------------------------------------------------------------------------------
// Causal attention, with the distance bias ALiBi (Press et al. 2022) or without, and with grouped queries (Ainslie et al.
// 2023) or, where `groups` equals `heads`, a key and a value per query head. n = heads/groups query heads share a group's
// key and value. A group's n queries, its key and its value lie side by side: query head h = g*n + m at
// qkv[row*ld + (g*(n + 2) + m)*head_size], the key n heads after the group's first query, then the value.
// Rows are sample-major. out: row*ld_out + h*head_size.

/// For query i and key j ≤ i (keys j > i are skipped, never added): dot = chain over d of fma(q[i,d], k[j,d], ·);
/// s = dot*scale + slopes[h]*(float)j, product, product, sum, each rounded, or s = dot*scale where slopes is NULL;
/// M = max over j of s; e = exp(s − M); Z = strided sum over j ≤ i of e; p = e/Z;
/// out[i,d] = chain over j ≤ i of fma(p[i,j], v[j,d], ·). row_max and row_sum keep M and Z: [sample][h][i].
void serre_attention(serre_context *context, int64_t samples, int64_t sequence, int64_t heads, int64_t groups,
                     int64_t head_size, const float *qkv, int64_t ld, const float *slopes, float scale, float *out,
                     int64_t ld_out, float *row_max, float *row_sum);
/// A text among several that a pass reads together: its tokens at positions [start, start + count) are rows
/// [row, row + count) of the pass, and its keys and values are kept at place `slot`.
typedef struct {
    int32_t slot, start, row, count;
} serre_text;

/// The same for texts whose keys and values at positions before `start` are kept from earlier passes: first those of the rows
/// are added to them, then query i = start + r of row `row + r` is computed as above over the keys j ≤ i. `texts` holds
/// text_count times the four numbers of a serre_text; those without rows are passed over, and no two have the same slot. A
/// slot has `kept_per_text` ≥ groups*(P*head_size + positions*H) floats, P = positions and H = head_size rounded up
/// to multiples of 32 and 16: laid out as the context's instruction set wants them, 64-byte aligned.
void serre_attention_kept(serre_context *context, int64_t text_count, const int32_t *texts, int64_t positions,
                          int64_t heads, int64_t groups, int64_t head_size, const float *qkv, int64_t ld,
                          const float *slopes, float scale, float *kept, int64_t kept_per_text, float *out,
                          int64_t ld_out);
/// p is computed again from M and Z. dp[i,j] = chain over d of fma(dout[i,d], v[j,d], ·);
/// D[i] = strided chain over j ≤ i of fma(p, dp, ·); ds = p*(dp − D);
/// dq[i,d] = scale*(chain over j ≤ i of fma(ds[i,j], k[j,d], ·)). A group's keys and values sum over its query heads in
/// order, for each over i ≥ j, in one chain (A5): dk[j,d] = scale*(chain of fma(ds[i,j], q[i,d], ·));
/// dv[j,d] = chain of fma(p[i,j], dout[i,d], ·). dqkv is laid out as qkv.
void serre_attention_backward(serre_context *context, int64_t samples, int64_t sequence, int64_t heads,
                              int64_t groups, int64_t head_size, const float *qkv, int64_t ld, const float *slopes,
                              float scale, const float *row_max, const float *row_sum, const float *dout,
                              int64_t ld_dout, float *dqkv);

// ---------------------------------------------------------------------------------------------------------------
// Rotary positions (Su et al. 2021): number f of a head's first half turns with number f of its second half.

/// Llama 3.1's stretching (Grattafiori et al. 2024). With turns = w*original_length*(1/2π), in this order, a frequency w
/// stays where turns > high_frequency_factor and is w/factor where turns < low_frequency_factor; else it is
/// (1 − s)*(w/factor) + s*w with s = (turns − low_frequency_factor)/(high_frequency_factor − low_frequency_factor). float64.
typedef struct {
    double factor, low_frequency_factor, high_frequency_factor, original_length;
} serre_rotary_scaling;

/// For t < sequence and f < head_size/2, in float64 and rounded once: angle = t*w with w = pow64(base, −2f/head_size),
/// stretched unless scaling is NULL; table[t*head_size + f] = cos64(angle), table[t*head_size + head_size/2 + f] =
/// sin64(angle). head_size is even.
void serre_rotary_table(int64_t sequence, int64_t head_size, double base, const serre_rotary_scaling *scaling,
                        float *table);
/// Turns the queries and keys of qkv, laid out as for serre_attention, in place; values stay. With c, s of token t and
/// a, b the numbers f and f + head_size/2 of a head: a' = a*c − b*s, b' = b*c + a*s; backwards a' = a*c + b*s,
/// b' = b*c − a*s. Two products, then their sum or difference, each rounded.
void serre_rotate(serre_context *context, int64_t samples, int64_t sequence, int64_t heads, int64_t groups,
                  int64_t head_size, const float *table, bool backwards, float *qkv, int64_t ld);

// ---------------------------------------------------------------------------------------------------------------
// Embedding and cross entropy over a vocabulary of which this rank holds rows [first_row, first_row + rows).

/// out[t,:] = table[tokens[t] − first_row,:] where held, else zero bits.
void serre_embedding(serre_context *context, int64_t tokens_count, const int32_t *tokens, int64_t first_row,
                     int64_t rows, int64_t width, const float *table, float *out);
/// out[row,:] = x[row,:] + table[row mod positions,:], rows sample-major: learned positions. out may be x.
void serre_add_positions(serre_context *context, int64_t samples, int64_t positions, int64_t width, const float *table,
                         const float *x, float *out);
/// The same over a table of 16-bit elements, whose bits move.
void serre_embedding16(serre_context *context, int64_t tokens_count, const int32_t *tokens, int64_t first_row,
                       int64_t rows, int64_t width, const uint16_t *table, uint16_t *out);
/// One lane's accumulator, dense (rows × width, starts at zero bits). For each sample in order, for each distinct held token v:
/// sum = chain over the sample's positions of v in order of (sum + dx[t,:]); accumulator[v,:] = accumulator[v,:] + sum.
void serre_embedding_gradient(serre_context *context, int64_t samples, int64_t sequence, const int32_t *tokens,
                              int64_t first_row, int64_t rows, int64_t width, const float *dx, float *accumulator);

/// Whole lanes in one call: the first sample opens a lane and the last one closes one. Each lane's accumulator, from +0,
/// becomes v, then adds and slot as in serre_chain. Slots are rows × width; either none is NULL, or all but slots[0],
/// when the call sees all lanes of a step.
void serre_embedding_gradient_lanes(serre_context *context, const serre_lane_step *steps, int64_t samples,
                                    int64_t sequence, const int32_t *tokens, int64_t first_row, int64_t rows,
                                    int64_t width, const float *dx, float *const *slots, int64_t slot_count);

/// out[r] = max over columns; a largest zero is +0. A NaN may be passed over here, but shows in the sum.
void serre_row_max(serre_context *context, int64_t rows, int64_t columns, const float *logits, float *out);
/// out[r] = tree (A4) over `segments` equal parts of the columns of the strided sum of exp(logits − max[r]).
void serre_exp_sums(serre_context *context, int64_t rows, int64_t columns, int64_t segments, const float *logits,
                    const float *max, float *out);
/// out[r] = logits[r, targets[r] − first_row] where held, else zero bits.
void serre_target_logits(serre_context *context, int64_t rows, int64_t columns, int64_t first_row,
                         const int32_t *targets, const float *logits, float *out);
/// loss[r] = log(sum[r]) − (target[r] − max[r]).
void serre_cross_entropy(serre_context *context, int64_t rows, const float *max, const float *sum,
                         const float *target, float *loss);
/// p = exp(logits − max)/sum; p − 1 at the target's column; times inverse_count. gradient may be logits.
void serre_cross_entropy_gradient(serre_context *context, int64_t rows, int64_t columns, int64_t first_row,
                                  const int32_t *targets, const float *max, const float *sum, float inverse_count,
                                  const float *logits, float *gradient);
/// out[s] = float64 chain over the sample's tokens of loss.
void serre_sample_losses(serre_context *context, int64_t samples, int64_t sequence, const float *loss, double *out);

// ---------------------------------------------------------------------------------------------------------------
// Norms and updates by blocks (A11): `count` elements in blocks of 4,096, the last may be short.

enum { SERRE_BLOCK = 4096 };

/// out[b] = strided float64 chain fma(g, g, ·) over block b's elements, index within the block.
void serre_square_sums(serre_context *context, int64_t count, const float *g, double *out);

typedef struct {
    float learning_rate, beta1, beta2, epsilon, weight_decay;
    /// Gradients are multiplied by this factor first.
    float clip;
    /// 1 − β1^t and sqrt(1 − β2^t), computed in float64 and rounded once.
    float correction1, root_correction2;
} serre_adamw_step;

/// AdamW (Loshchilov and Hutter 2019, in the order of torch.optim.AdamW). Every operation rounded one by one:
/// g = clip*g; p1 = p*(1 − lr*wd) with (1 − lr*wd) computed once in float32 (product, difference);
/// m = beta1*m + (1 − beta1)*g; v = beta2*v + ((1 − beta2)*g)*g, where (1 − beta) is computed once in float32;
/// denominator = sqrt(v)/root_correction2 + epsilon; p' = p1 − (lr/correction1)*(m/denominator), the first quotient once.
/// updates[b] = strided float64 chain over block b of ((double)p' − (double)p).
void serre_adamw(serre_context *context, int64_t count, const serre_adamw_step *step, float *p, float *m, float *v,
                 const float *g, double *updates);

// ---------------------------------------------------------------------------------------------------------------
// float64 functions (A2) and randomness (A13).

/// Within 2 ulp of the true value on finite inputs; deterministic: only + − × ÷ sqrt and bit operations.
/// sin64 and cos64: for |x| < 2^20·π/2 (about 1.6e6), NaN beyond.
double serre_exp64(double x);
double serre_log64(double x);
double serre_sin64(double x);
double serre_cos64(double x);
/// base^exponent for finite base > 0 (NaN otherwise), as exp64(exponent*log64(base)) with the logarithm and the product
/// carried in twice the precision.
double serre_pow64(double base, double exponent);

/// A number that stands for `count` bytes: any one changed 8-byte word changes it, since each step can be undone.
uint64_t serre_word_sum(const void *bytes, int64_t count);

/// Philox 4×32-10 (Salmon et al. 2011).
void serre_philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4]);
/// out[i] = (float)(mean + std*z), z a standard normal by Box and Muller from the counter (first + i as 64 bits, stream as 64 bits):
/// u1 = (word0 + 1)·2^−32, u2 = word1·2^−32, z = sqrt(−2 ln u1)·cos(2π u2), all in float64.
void serre_normal(serre_context *context, const uint32_t key[2], uint64_t stream, uint64_t first, int64_t count,
                  double mean, double std, float *out);
/// out[i] = (float)(low + (high − low)·word0·2^−32), counters as above.
void serre_uniform(serre_context *context, const uint32_t key[2], uint64_t stream, uint64_t first, int64_t count,
                   double low, double high, float *out);

#if defined(__cplusplus)
}
#endif
#endif
