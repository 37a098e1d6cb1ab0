/// A fast sum that tells memory from memory that has changed; no digest to trust beyond one process's life.
#include "context.h"

#include <string.h>

/// Odd, so that a product with it can be undone.
static const uint64_t FACTOR = 0x2545f4914f6cdd1du;

SERRE_INLINE uint64_t mix(uint64_t sum, const uint8_t *word) {
    uint64_t value;
    memcpy(&value, word, sizeof(value));
    sum = (sum ^ value) * FACTOR;
    return sum ^ sum >> 29;
}

enum { CHAINS = 8, WORD = sizeof(uint64_t), STRIDE = CHAINS * WORD };

uint64_t serre_word_sum(const void *bytes, int64_t count) {
    // So many chains that the multiplier is never without work: none waits for another.
    uint64_t chains[CHAINS] = {0x9e3779b97f4a7c15u, 0xc2b2ae3d27d4eb4fu, 0x165667b19e3779f9u, 0x85ebca77c2b2ae63u,
                               0x27d4eb2f165667c5u, 0xff51afd7ed558ccdu, 0xc4ceb9fe1a85ec53u, 0x94d049bb133111ebu};
    const uint8_t *place = bytes;
    const uint8_t *const end = place + count, *const whole = place + count / STRIDE * STRIDE;
    for (; place < whole; place += STRIDE) {
#pragma clang loop unroll(full) vectorize(disable)
        for (int i = 0; i < CHAINS; i++) chains[i] = mix(chains[i], place + i * WORD);
    }
    uint64_t sum = (uint64_t)count;
    for (int i = 0; i < CHAINS; i++) sum = (sum ^ chains[i]) * FACTOR;
    for (; place + WORD <= end; place += WORD) sum = mix(sum, place);
    for (; place < end; place++) sum = (sum ^ *place) * FACTOR;
    return sum ^ sum >> 32;
}
