/// Passes in which each output element depends on the inputs of its own index: sums, trees over contributions, and the
/// float32 functions.
#include "math_float.h"
#include "tasks.h"

#pragma clang fp contract(off)

enum {
    /// Elements per piece of the cheap passes and of the costly ones.
    CHEAP = 16384,
    COSTLY = 4096,
    /// Elements for which a tree over contributions is held at once.
    TILE = 128,
    /// More levels than a count in 64 bits can need.
    LEVELS = 64,
};

// ---------------------------------------------------------------------------------------------------------------
// Sums.

typedef struct {
    int64_t columns;
    const float *sum, *bias, *residual;
    float *out;
} add_bias_residual_pass;

SERRE_INLINE void add_bias_residual(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const add_bias_residual_pass *pass = argument;
    const float *bias = pass->bias;
    for (int64_t row = begin; row < end; row++) {
        const float *sum = pass->sum + row * pass->columns, *residual = pass->residual + row * pass->columns;
        float *out = pass->out + row * pass->columns;
        SERRE_ELEMENTWISE
        for (int64_t c = 0; c < pass->columns; c++) out[c] = (sum[c] + bias[c]) + residual[c];
    }
}
SERRE_TASK(add_bias_residual)

void serre_add_bias_residual(serre_context *context, int64_t rows, int64_t columns, const float *sum,
                             const float *bias, const float *residual, float *out) {
    add_bias_residual_pass pass = {columns, sum, bias, residual, out};
    serre_run(context, rows, rows_per_piece(columns), SERRE_PICK(context, add_bias_residual), &pass);
}

typedef struct {
    const float *a, *b;
    float *out;
} binary_pass;

SERRE_INLINE void add(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const binary_pass *pass = argument;
    const float *a = pass->a, *b = pass->b;
    float *out = pass->out;
    SERRE_ELEMENTWISE
    for (int64_t i = begin; i < end; i++) out[i] = a[i] + b[i];
}
SERRE_TASK(add)

void serre_add(serre_context *context, int64_t count, const float *a, const float *b, float *out) {
    binary_pass pass = {a, b, out};
    serre_run(context, count, CHEAP, SERRE_PICK(context, add), &pass);
}

// ---------------------------------------------------------------------------------------------------------------
// Several contributions per element.

typedef struct {
    const float *const *in;
    int64_t contributions;
    float *out;
} contributions_pass;

/// A tree of two leaves, which most exchanges of small layouts have, is one sum.
SERRE_INLINE void pair_sum_tile(const contributions_pass *pass, int64_t begin, int64_t length) {
    const float *left = pass->in[0] + begin, *right = pass->in[1] + begin;
    float *out = pass->out + begin;
    SERRE_ELEMENTWISE
    for (int64_t i = 0; i < length; i++) out[i] = left[i] + right[i];
}

/// The tree (A4) for the elements [begin, begin + length) as a stack of partial sums: leaf number `leaf` of an aligned
/// block is pushed after it was added to as many waiting sums as `leaf` has trailing one bits.
SERRE_INLINE void tree_sum_tile(const contributions_pass *pass, int64_t begin, int64_t length) {
    int64_t block = pass->contributions & -pass->contributions;
    float stack[LEVELS][TILE], total[TILE];
    for (int64_t c = 0, depth = 0; c < pass->contributions; c++) {
        const float *leaf = pass->in[c] + begin;
        float *top = stack[depth];
        for (int64_t i = 0; i < length; i++) top[i] = leaf[i];
        int64_t place = c & (block - 1);
        for (; place & 1; place >>= 1) {
            float *left = stack[--depth], *right = stack[depth + 1];
            for (int64_t i = 0; i < length; i++) left[i] = left[i] + right[i];
        }
        depth++;
        if ((c & (block - 1)) != block - 1) continue;
        const float *root = stack[--depth];
        if (c < block) {
            for (int64_t i = 0; i < length; i++) total[i] = root[i];
        } else {
            for (int64_t i = 0; i < length; i++) total[i] = total[i] + root[i];
        }
    }
    memcpy(pass->out + begin, total, (size_t)length * sizeof(float));
}

SERRE_INLINE void tree_sum(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    if (((const contributions_pass *)argument)->contributions == 2) return pair_sum_tile(argument, begin, end - begin);
    for (int64_t tile = begin; tile < end; tile += TILE) {
        tree_sum_tile(argument, tile, end - tile < TILE ? end - tile : TILE);
    }
}
SERRE_TASK(tree_sum)

void serre_tree_sum(serre_context *context, int64_t count, const float *const *in, int64_t contributions, float *out) {
    contributions_pass pass = {in, contributions, out};
    serre_run(context, count, COSTLY, SERRE_PICK(context, tree_sum), &pass);
}

SERRE_INLINE void tree_or(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const contributions_pass *pass = argument;
    for (int64_t tile = begin; tile < end; tile += TILE) {
        int64_t length = end - tile < TILE ? end - tile : TILE;
        uint32_t bits[TILE] = {0};
        for (int64_t c = 0; c < pass->contributions; c++) {
            const float *in = pass->in[c] + tile;
            for (int64_t i = 0; i < length; i++) bits[i] |= bits_of_float(in[i]);
        }
        memcpy(pass->out + tile, bits, (size_t)length * sizeof(float));
    }
}
SERRE_TASK(tree_or)

void serre_tree_or(serre_context *context, int64_t count, const float *const *in, int64_t contributions, float *out) {
    contributions_pass pass = {in, contributions, out};
    serre_run(context, count, COSTLY, SERRE_PICK(context, tree_or), &pass);
}

SERRE_INLINE void tree_max(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const contributions_pass *pass = argument;
    for (int64_t tile = begin; tile < end; tile += TILE) {
        int64_t length = end - tile < TILE ? end - tile : TILE;
        float largest[TILE];
        memcpy(largest, pass->in[0] + tile, (size_t)length * sizeof(float));
        for (int64_t c = 1; c < pass->contributions; c++) {
            const float *in = pass->in[c] + tile;
            for (int64_t i = 0; i < length; i++) largest[i] = in[i] > largest[i] ? in[i] : largest[i];
        }
        memcpy(pass->out + tile, largest, (size_t)length * sizeof(float));
    }
}
SERRE_TASK(tree_max)

void serre_tree_max(serre_context *context, int64_t count, const float *const *in, int64_t contributions, float *out) {
    contributions_pass pass = {in, contributions, out};
    serre_run(context, count, COSTLY, SERRE_PICK(context, tree_max), &pass);
}

// ---------------------------------------------------------------------------------------------------------------
// The float32 functions.

typedef struct {
    const float *x;
    float *y;
} unary_pass;

/// A pass of `function` over an array.
#define DEFINE_UNARY(name, body, function)                                                 \
    SERRE_INLINE void body(void *argument, int64_t begin, int64_t end, int worker) {       \
        (void)worker;                                                                      \
        const unary_pass *pass = argument;                                                 \
        const float *x = pass->x;                                                          \
        float *y = pass->y;                                                                \
        SERRE_ELEMENTWISE                                                                  \
        for (int64_t i = begin; i < end; i++) y[i] = function(x[i]);                       \
    }                                                                                      \
    SERRE_TASK(body)                                                                       \
    void name(serre_context *context, int64_t count, const float *x, float *y) {           \
        unary_pass pass = {x, y};                                                          \
        serre_run(context, count, COSTLY, SERRE_PICK(context, body), &pass);               \
    }

DEFINE_UNARY(serre_exp, exp_pass, float_exp)
DEFINE_UNARY(serre_log, log_pass, float_log)
DEFINE_UNARY(serre_tanh, tanh_pass, float_tanh)
