/// Philox 4×32-10 (Salmon, Moraes, Dror and Shaw 2011) and the deviates drawn from it. Each element has a counter of
/// its own, so any slice of a tensor can be drawn alone.
#include "tasks.h"

#pragma clang fp contract(off)

enum { GRAIN = 1024 };

void serre_philox(const uint32_t key[2], const uint32_t counter[4], uint32_t out[4]) {
    uint32_t k0 = key[0], k1 = key[1], c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
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

static void normal(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const draw_pass *pass = argument;
    for (int64_t i = begin; i < end; i++) {
        uint32_t words[4];
        draw(pass, i, words);
        double u1 = ((double)words[0] + 1.0) * 0x1p-32, u2 = (double)words[1] * 0x1p-32;
        double radius = __builtin_elementwise_sqrt(-2.0 * serre_log64(u1));
        double z = radius * serre_cos64(0x1.921fb54442d18p2 * u2);
        pass->out[i] = (float)(pass->origin + pass->extent * z);
    }
}

void serre_normal(serre_context *context, const uint32_t key[2], uint64_t stream, uint64_t first, int64_t count,
                  double mean, double std, float *out) {
    draw_pass pass = {{key[0], key[1]}, stream, first, mean, std, out};
    serre_run(context, count, GRAIN, normal, &pass);
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
