/// Philox 4×32-10 (Salmon, Moraes, Dror and Shaw 2011) and the deviates drawn from it. Each element has a counter of
/// its own, so any slice of a tensor can be drawn alone.
#include "math_double.h"
#include "tasks.h"

#pragma clang fp contract(off)

enum { GRAIN = 1024, BLOCK = 64 };

SERRE_INLINE void philox(
    uint32_t k0, uint32_t k1, uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3, uint32_t out[4]) {
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xd2511f53u * c0, p1 = (uint64_t)0xcd9e8d57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        k0 += 0x9e3779b9u;
        k1 += 0xbb67ae85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

void serre_philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4]) {
    philox(key[0], key[1], counter[0], counter[1], counter[2], counter[3], out);
}

typedef struct {
    uint32_t key[2];
    uint64_t stream, first;
    /// Mean and standard deviation, or low and the distance to high.
    double origin, extent;
    float *out;
} draw_pass;

/// The four words of element i.
static void draw(const draw_pass *pass, int64_t i, uint32_t words[4]) {
    uint64_t index = pass->first + (uint64_t)i;
    const uint32_t counter[4] = {(uint32_t)index, (uint32_t)(index >> 32), (uint32_t)pass->stream,
                                 (uint32_t)(pass->stream >> 32)};
    serre_philox(pass->key, counter, words);
}

/// The first two words of `count` elements from i on.
SERRE_INLINE void draw_block(const draw_pass *pass, int64_t i, int count, uint32_t first[BLOCK], uint32_t second[BLOCK]) {
    const uint64_t begin = pass->first + (uint64_t)i;
    const uint32_t key0 = pass->key[0], key1 = pass->key[1];
    const uint32_t low = (uint32_t)pass->stream, high = (uint32_t)(pass->stream >> 32);
    SERRE_ELEMENTWISE
    for (int lane = 0; lane < count; lane++) {
        uint64_t index = begin + (uint64_t)lane;
        uint32_t words[4];
        philox(key0, key1, (uint32_t)index, (uint32_t)(index >> 32), low, high, words);
        first[lane] = words[0];
        second[lane] = words[1];
    }
}

/// A standard normal deviate by Box and Muller; u1 lies in (0, 1], and the angle in [0, 2π).
SERRE_INLINE double deviate(uint32_t first, uint32_t second) {
    double u1 = ((double)first + 1.0) * 0x1p-32, u2 = (double)second * 0x1p-32;
    double k, f = split_normal(u1, &k);
    double radius = __builtin_elementwise_sqrt(-2.0 * log_of_split(k, f));
    int64_t quarter;
    pair rest = reduce(0x1.921fb54442d18p2 * u2, &quarter);
    return radius * sine_of_quarters(quarter + 1, rest);
}

SERRE_INLINE void normal(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const draw_pass *pass = argument;
    const double origin = pass->origin, extent = pass->extent;
    for (int64_t i = begin; i < end; i += BLOCK) {
        uint32_t first[BLOCK], second[BLOCK];
        const int count = end - i < BLOCK ? (int)(end - i) : BLOCK;
        draw_block(pass, i, count, first, second);
        float *out = pass->out + i;
        SERRE_ELEMENTWISE
        for (int lane = 0; lane < count; lane++) {
            out[lane] = (float)(origin + extent * deviate(first[lane], second[lane]));
        }
    }
}
SERRE_TASK(normal)

void serre_normal(serre_context *context, const uint32_t key[2], uint64_t stream, uint64_t first, int64_t count,
                  double mean, double std, float *out) {
    draw_pass pass = {{key[0], key[1]}, stream, first, mean, std, out};
    serre_run(context, count, GRAIN, SERRE_PICK(context, normal), &pass);
}

static void uniform(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const draw_pass *pass = argument;
    for (int64_t i = begin; i < end; i++) {
        uint32_t words[4];
        draw(pass, i, words);
        pass->out[i] = (float)(pass->origin + (pass->extent * (double)words[0]) * 0x1p-32);
    }
}

void serre_uniform(serre_context *context, const uint32_t key[2], uint64_t stream, uint64_t first, int64_t count,
                   double low, double high, float *out) {
    draw_pass pass = {{key[0], key[1]}, stream, first, low, high - low, out};
    serre_run(context, count, GRAIN, uniform, &pass);
}
