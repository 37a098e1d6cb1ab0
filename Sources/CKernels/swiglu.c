/// The SiLU-gated unit (Shazeer 2020) on pairs of gate and up that lie side by side, and its derivative.
#include "math_float.h"
#include "tasks.h"

#pragma clang fp contract(off)

enum { GRAIN = 4096 };

/// 1/(1 + e^−x).
SERRE_INLINE float logistic(float x) { return 1.0f / (1.0f + float_exp(-x)); }

typedef struct {
    const float *dy, *x;
    float *out;
} swiglu_pass;

SERRE_INLINE void swiglu(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const swiglu_pass *pass = argument;
    const float *x = pass->x;
    float *y = pass->out;
    SERRE_ELEMENTWISE
    for (int64_t i = begin; i < end; i++) {
        float gate = x[2 * i], up = x[2 * i + 1];
        y[i] = (gate * logistic(gate)) * up;
    }
}
SERRE_TASK(swiglu)

void serre_swiglu(serre_context *context, int64_t count, const float *x, float *y) {
    swiglu_pass pass = {NULL, x, y};
    serre_run(context, count, GRAIN, SERRE_PICK(context, swiglu), &pass);
}

SERRE_INLINE void swiglu_backward(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const swiglu_pass *pass = argument;
    const float *dy = pass->dy, *x = pass->x;
    float *dx = pass->out;
    SERRE_ELEMENTWISE
    for (int64_t i = begin; i < end; i++) {
        float gate = x[2 * i], up = x[2 * i + 1], s = logistic(gate);
        dx[2 * i] = (dy[i] * up) * (s * (1.0f + gate * (1.0f - s)));
        dx[2 * i + 1] = dy[i] * (gate * s);
    }
}
SERRE_TASK(swiglu_backward)

void serre_swiglu_backward(serre_context *context, int64_t count, const float *dy, const float *x, float *dx) {
    swiglu_pass pass = {dy, x, dx};
    serre_run(context, count, GRAIN, SERRE_PICK(context, swiglu_backward), &pass);
}
