/// RMS norm and the gradient of its input (A8). Rows are independent and shared among the workers; inside a row the sums
/// are strided.
#include "row_reductions.h"
#include "tasks.h"

#pragma clang fp contract(off)

typedef struct {
    int64_t width;
    float epsilon;
    const float *x, *gamma;
    float *y, *rstd;
} forward_pass;

/// The strided chain of fma(x, x, ·).
SERRE_INLINE float squares(const float *x, int64_t width) {
    float_lanes partials = {0};
    int64_t i = 0;
    for (; i + LANES <= width; i += LANES) {
        float_lanes values;
        LOAD_LANES(values, x + i);
        partials = __builtin_elementwise_fma(values, values, partials);
    }
    for (int lane = 0; i + lane < width; lane++) {
        partials[lane] = __builtin_fmaf(x[i + lane], x[i + lane], partials[lane]);
    }
    return float_tree(&partials);
}

SERRE_INLINE void forward(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const forward_pass *pass = argument;
    int64_t width = pass->width;
    const float *gamma = pass->gamma;
    for (int64_t row = begin; row < end; row++) {
        const float *x = pass->x + row * width;
        float *y = pass->y + row * width;
        float rstd = 1.0f / __builtin_elementwise_sqrt(squares(x, width) / (float)width + pass->epsilon);
        SERRE_ELEMENTWISE
        for (int64_t c = 0; c < width; c++) y[c] = (x[c] * rstd) * gamma[c];
        pass->rstd[row] = rstd;
    }
}
SERRE_TASK(forward)

void serre_rms_norm(serre_context *context, int64_t rows, int64_t width, float epsilon, const float *x,
                    const float *gamma, float *y, float *rstd) {
    forward_pass pass = {width, epsilon, x, gamma, y, rstd};
    serre_run(context, rows, rows_per_piece(width), SERRE_PICK(context, forward), &pass);
}

// ---------------------------------------------------------------------------------------------------------------
// Gradient of the input.

typedef struct {
    int64_t width;
    const float *dy, *x, *rstd, *gamma, *residual;
    float *dx;
} backward_pass;

/// The strided chain of fma(g, xh, ·) with g = dy*gamma and xh = x*rstd.
SERRE_INLINE float gradient_sum(const float *dy, const float *gamma, const float *x, int64_t width, float rstd) {
    float_lanes partials = {0};
    int64_t i = 0;
    for (; i + LANES <= width; i += LANES) {
        float_lanes g, factor, xh;
        LOAD_LANES(g, dy + i);
        LOAD_LANES(factor, gamma + i);
        LOAD_LANES(xh, x + i);
        g = g * factor;
        xh = xh * rstd;
        partials = __builtin_elementwise_fma(g, xh, partials);
    }
    for (int lane = 0; i + lane < width; lane++) {
        float g = dy[i + lane] * gamma[i + lane], xh = x[i + lane] * rstd;
        partials[lane] = __builtin_fmaf(g, xh, partials[lane]);
    }
    return float_tree(&partials);
}

SERRE_INLINE float input_gradient(float dy, float gamma, float x, float rstd, float s) {
    float g = dy * gamma, xh = x * rstd;
    return rstd * (g - xh * s);
}

SERRE_INLINE void backward(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const backward_pass *pass = argument;
    int64_t width = pass->width;
    const float *gamma = pass->gamma;
    for (int64_t row = begin; row < end; row++) {
        const float *dy = pass->dy + row * width, *x = pass->x + row * width;
        float *dx = pass->dx + row * width;
        float rstd = pass->rstd[row], s = gradient_sum(dy, gamma, x, width, rstd) / (float)width;
        if (pass->residual == NULL) {
            SERRE_ELEMENTWISE
            for (int64_t c = 0; c < width; c++) dx[c] = input_gradient(dy[c], gamma[c], x[c], rstd, s);
        } else {
            const float *residual = pass->residual + row * width;
            SERRE_ELEMENTWISE
            for (int64_t c = 0; c < width; c++) {
                dx[c] = residual[c] + input_gradient(dy[c], gamma[c], x[c], rstd, s);
            }
        }
    }
}
SERRE_TASK(backward)

void serre_rms_norm_backward(serre_context *context, int64_t rows, int64_t width, const float *dy, const float *x,
                             const float *rstd, const float *gamma, const float *residual, float *dx) {
    backward_pass pass = {width, dy, x, rstd, gamma, residual, dx};
    serre_run(context, rows, rows_per_piece(width), SERRE_PICK(context, backward), &pass);
}
