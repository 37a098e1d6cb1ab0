/// MinHash signatures: one multiplication, one addition and one minimum for each permutation and shingle.
///
/// A block of 64 permutations stays in registers while all hashes pass by. The widest vectors that the processor has are
/// chosen when the function is called; all are the same C, and integers round nowhere.
#include "serre_sketch.h"

#include <string.h>

typedef uint32_t lanes __attribute__((vector_size(64), aligned(4)));
enum { LANES = 16, VECTORS = SERRE_SKETCH_BLOCK / LANES };

static inline __attribute__((always_inline)) void update_block(uint32_t *minima, const uint32_t *multipliers,
                                                               const uint32_t *increments, const uint32_t *hashes,
                                                               size_t count) {
    lanes least[VECTORS], times[VECTORS], plus[VECTORS];
    memcpy(least, minima, sizeof least);
    memcpy(times, multipliers, sizeof times);
    memcpy(plus, increments, sizeof plus);
    for (size_t i = 0; i < count; i++) {
        for (int v = 0; v < VECTORS; v++) {
            lanes value = times[v] * hashes[i] + plus[v];
            least[v] = __builtin_elementwise_min(least[v], value);
        }
    }
    memcpy(minima, least, sizeof least);
}

#define UPDATE(name, attribute)                                                                                    \
    static attribute void name(uint32_t *minima, const uint32_t *multipliers, const uint32_t *increments,          \
                               size_t permutations, const uint32_t *hashes, size_t count) {                        \
        for (size_t p = 0; p < permutations; p += SERRE_SKETCH_BLOCK)                                              \
            update_block(minima + p, multipliers + p, increments + p, hashes, count);                              \
    }

UPDATE(update_any, )
#if defined(__x86_64__)
UPDATE(update_avx2, __attribute__((target("avx2"))))
UPDATE(update_avx512, __attribute__((target("avx512f,avx512bw,avx512vl"))))
#endif

void serre_minhash_update(uint32_t *minima, const uint32_t *multipliers, const uint32_t *increments,
                          size_t permutations, const uint32_t *hashes, size_t count) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        return update_avx512(minima, multipliers, increments, permutations, hashes, count);
    if (__builtin_cpu_supports("avx2"))
        return update_avx2(minima, multipliers, increments, permutations, hashes, count);
#endif
    update_any(minima, multipliers, increments, permutations, hashes, count);
}
