/// GELU in its tanh form (Hendrycks and Gimpel 2016), and its derivative.
#include "math_float.h"
#include "tasks.h"

#pragma clang fp contract(off)

enum { GRAIN = 4096 };

/// sqrt(2/π), the cubic coefficient, and 3 times their product.
static const float C = 0.79788456f, A = 0.044715f, THREE_C_A = 0.1070322243f;

SERRE_INLINE float tanh_of_inner(float x) { return float_tanh(C * (x * (1.0f + (A * x) * x))); }

typedef struct {
    const float *dy, *x;
    float *out;
} gelu_pass;

SERRE_INLINE void gelu(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const gelu_pass *pass = argument;
    const float *x = pass->x;
    float *y = pass->out;
    SERRE_ELEMENTWISE
    for (int64_t i = begin; i < end; i++) y[i] = (0.5f * x[i]) * (1.0f + tanh_of_inner(x[i]));
}
SERRE_TASK(gelu)

void serre_gelu(serre_context *context, int64_t count, const float *x, float *y) {
    gelu_pass pass = {NULL, x, y};
    serre_run(context, count, GRAIN, SERRE_PICK(context, gelu), &pass);
}

SERRE_INLINE float gelu_slope(float x) {
    float t = tanh_of_inner(x);
    float inner_slope = C + (THREE_C_A * x) * x;
    return (0.5f * x) * ((1.0f - t * t) * inner_slope) + 0.5f * (1.0f + t);
}

SERRE_INLINE void gelu_backward(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const gelu_pass *pass = argument;
    const float *dy = pass->dy, *x = pass->x;
    float *dx = pass->out;
    SERRE_ELEMENTWISE
    for (int64_t i = begin; i < end; i++) dx[i] = dy[i] * gelu_slope(x[i]);
}
SERRE_TASK(gelu_backward)

void serre_gelu_backward(serre_context *context, int64_t count, const float *dy, const float *x, float *dx) {
    gelu_pass pass = {dy, x, dx};
    serre_run(context, count, GRAIN, SERRE_PICK(context, gelu_backward), &pass);
}
