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

uint64_t serre_word_sum(const void *bytes, int64_t count) {
    // Four chains, so that none waits for another.
    uint64_t a = 0x9e3779b97f4a7c15u, b = 0xc2b2ae3d27d4eb4fu, c = 0x165667b19e3779f9u, d = 0x85ebca77c2b2ae63u;
    const uint8_t *place = bytes;
    const uint8_t *const end = place + count, *const whole = place + (count & ~(int64_t)31);
    for (; place < whole; place += 32) {
        a = mix(a, place);
        b = mix(b, place + 8);
        c = mix(c, place + 16);
        d = mix(d, place + 24);
    }
    uint64_t sum = (uint64_t)count;
    const uint64_t chains[4] = {a, b, c, d};
    for (int i = 0; i < 4; i++) sum = (sum ^ chains[i]) * FACTOR;
    for (; place < end; place++) sum = (sum ^ *place) * FACTOR;
    return sum ^ sum >> 32;
}
