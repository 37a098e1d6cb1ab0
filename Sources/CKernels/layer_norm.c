/// Layer norm and the gradient of its input (A8).
///
/// Rows are independent and shared among the workers; inside a row the sums are strided.
#include "row_reductions.h"
#include "tasks.h"

#pragma clang fp contract(off)

typedef struct {
    int64_t width;
    float epsilon;
    const float *x, *gamma, *beta;
    float *y, *mean, *rstd;
} forward_pass;

/// The strided chain of fma(d, d, ·) with d = x − mean.
SERRE_INLINE float squared_deviations(const float *x, int64_t width, float mean) {
    float_lanes partials = {0};
    int64_t i = 0;
    for (; i + LANES <= width; i += LANES) {
        float_lanes values;
        LOAD_LANES(values, x + i);
        float_lanes d = values - mean;
        partials = __builtin_elementwise_fma(d, d, partials);
    }
    for (int lane = 0; i + lane < width; lane++) {
        float d = x[i + lane] - mean;
        partials[lane] = __builtin_fmaf(d, d, partials[lane]);
    }
    return float_tree(&partials);
}

SERRE_INLINE void forward(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const forward_pass *pass = argument;
    int64_t width = pass->width;
    const float *gamma = pass->gamma, *beta = pass->beta;
    for (int64_t row = begin; row < end; row++) {
        const float *x = pass->x + row * width;
        float *y = pass->y + row * width;
        float mean = strided_sum(x, width) / (float)width;
        float variance = squared_deviations(x, width, mean) / (float)width;
        float rstd = 1.0f / __builtin_elementwise_sqrt(variance + pass->epsilon);
        SERRE_ELEMENTWISE
        for (int64_t c = 0; c < width; c++) y[c] = (((x[c] - mean) * rstd) * gamma[c]) + beta[c];
        pass->mean[row] = mean;
        pass->rstd[row] = rstd;
    }
}
SERRE_TASK(forward)

void serre_layer_norm(serre_context *context, int64_t rows, int64_t width, float epsilon, const float *x,
                      const float *gamma, const float *beta, float *y, float *mean, float *rstd) {
    forward_pass pass = {width, epsilon, x, gamma, beta, y, mean, rstd};
    serre_run(context, rows, rows_per_piece(width), SERRE_PICK(context, forward), &pass);
}

// ---------------------------------------------------------------------------------------------------------------
// Gradient of the input.

typedef struct {
    int64_t width;
    const float *dy, *x, *mean, *rstd, *gamma, *residual;
    float *dx;
} backward_pass;

/// The strided sum of g = dy*gamma and the strided chain of fma(g, xh, ·).
SERRE_INLINE void gradient_sums(const float *dy, const float *gamma, const float *x, int64_t width, float mean,
                                float rstd, float *sum, float *weighted_sum) {
    float_lanes sums = {0}, weighted = {0};
    int64_t i = 0;
    for (; i + LANES <= width; i += LANES) {
        float_lanes g, factor, xh;
        LOAD_LANES(g, dy + i);
        LOAD_LANES(factor, gamma + i);
        LOAD_LANES(xh, x + i);
        g = g * factor;
        xh = (xh - mean) * rstd;
        sums += g;
        weighted = __builtin_elementwise_fma(g, xh, weighted);
    }
    for (int lane = 0; i + lane < width; lane++) {
        float g = dy[i + lane] * gamma[i + lane], xh = (x[i + lane] - mean) * rstd;
        sums[lane] += g;
        weighted[lane] = __builtin_fmaf(g, xh, weighted[lane]);
    }
    *sum = float_tree(&sums);
    *weighted_sum = float_tree(&weighted);
}

SERRE_INLINE float input_gradient(float dy, float gamma, float x, float mean, float rstd, float s1, float s2) {
    float g = dy * gamma, xh = (x - mean) * rstd;
    return rstd * ((g - s1) - xh * s2);
}

SERRE_INLINE void backward(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const backward_pass *pass = argument;
    int64_t width = pass->width;
    const float *gamma = pass->gamma;
    for (int64_t row = begin; row < end; row++) {
        const float *dy = pass->dy + row * width, *x = pass->x + row * width;
        float *dx = pass->dx + row * width;
        float mean = pass->mean[row], rstd = pass->rstd[row], s1, s2;
        gradient_sums(dy, gamma, x, width, mean, rstd, &s1, &s2);
        s1 = s1 / (float)width;
        s2 = s2 / (float)width;
        if (pass->residual == NULL) {
            SERRE_ELEMENTWISE
            for (int64_t c = 0; c < width; c++) dx[c] = input_gradient(dy[c], gamma[c], x[c], mean, rstd, s1, s2);
        } else {
            const float *residual = pass->residual + row * width;
            SERRE_ELEMENTWISE
            for (int64_t c = 0; c < width; c++) {
                dx[c] = residual[c] + input_gradient(dy[c], gamma[c], x[c], mean, rstd, s1, s2);
            }
        }
    }
}
SERRE_TASK(backward)

void serre_layer_norm_backward(serre_context *context, int64_t rows, int64_t width, const float *dy, const float *x,
                               const float *mean, const float *rstd, const float *gamma, const float *residual,
                               float *dx) {
    backward_pass pass = {width, dy, x, mean, rstd, gamma, residual, dx};
    serre_run(context, rows, rows_per_piece(width), SERRE_PICK(context, backward), &pass);
}
