/// Rounding to bfloat16 and back (A1).
#include "math_float.h"
#include "tasks.h"

enum { GRAIN = 16384 };

typedef struct {
    const float *x;
    uint16_t *y;
} round_pass;

SERRE_INLINE uint16_t rounded(float value) {
    uint32_t bits = bits_of_float(value);
    // Half of the last kept bit's weight, less one where that bit is 0: ties go to even. A carry may reach infinity.
    uint32_t nearest = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    // A NaN whose payload lies in the lower bits must not become an infinity.
    uint32_t quiet = (bits >> 16) | 0x40u;
    return (uint16_t)((bits & 0x7fffffffu) > 0x7f800000u ? quiet : nearest);
}

SERRE_INLINE void round_all(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const round_pass *pass = argument;
    const float *x = pass->x;
    uint16_t *y = pass->y;
    SERRE_ELEMENTWISE
    for (int64_t i = begin; i < end; i++) y[i] = rounded(x[i]);
}
SERRE_TASK(round_all)

void serre_round_bfloat16(serre_context *context, int64_t count, const float *x, uint16_t *y) {
    round_pass pass = {x, y};
    serre_run(context, count, GRAIN, SERRE_PICK(context, round_all), &pass);
}

typedef struct {
    const uint16_t *x;
    float *y;
} widen_pass;

SERRE_INLINE void widen_all(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const widen_pass *pass = argument;
    const uint16_t *x = pass->x;
    float *y = pass->y;
    SERRE_ELEMENTWISE
    for (int64_t i = begin; i < end; i++) y[i] = float_of_bits((uint32_t)x[i] << 16);
}
SERRE_TASK(widen_all)

void serre_widen_bfloat16(serre_context *context, int64_t count, const uint16_t *x, float *y) {
    widen_pass pass = {x, y};
    serre_run(context, count, GRAIN, SERRE_PICK(context, widen_all), &pass);
}
