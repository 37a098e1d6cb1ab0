/// Memory or the end of the process, and arrays that grow.
#ifndef SERRE_TOKENIZER_MEMORY_H
#define SERRE_TOKENIZER_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void *checked(void *memory) {
    if (memory == NULL) {
        fputs("serre: error: there is not enough memory\n", stderr);
        abort();
    }
    return memory;
}

static inline void *allocate(size_t count, size_t size) { return checked(calloc(count > 0 ? count : 1, size)); }

static inline void *reallocate(void *memory, size_t count, size_t size) {
    if (count > SIZE_MAX / size) checked(NULL);
    return checked(realloc(memory, count * size > 0 ? count * size : 1));
}

/// Makes room for `needed` elements of `size` bytes in an array that has room for `*capacity`.
static inline void *with_room(void *memory, size_t *capacity, size_t needed, size_t size) {
    if (needed <= *capacity) return memory;
    size_t grown = *capacity + *capacity / 2 + 64;
    *capacity = grown > needed ? grown : needed;
    return reallocate(memory, *capacity, size);
}

/// The smallest power of two that is at least `count`.
static inline size_t power_of_two(size_t count) {
    size_t size = 1;
    while (size < count) size *= 2;
    return size;
}

/// Mixes the bits of a number (the finaliser of MurmurHash3).
static inline uint64_t mixed(uint64_t x) {
    x ^= x >> 33;
    x *= 0xFF51AFD7ED558CCDull;
    x ^= x >> 33;
    x *= 0xC4CEB9FE1A85EC53ull;
    return x ^ x >> 33;
}

static inline uint64_t load_8(const uint8_t *bytes) {
    uint64_t x;
    memcpy(&x, bytes, 8);
    return x;
}

/// The last `count` (1 to 8) bytes of a text, the rest zeros, without touching what is not of it.
static inline uint64_t load_few(const uint8_t *bytes, size_t count) {
    uint64_t x = 0;
    if (count == 8) return load_8(bytes);
    if (count >= 4) {
        uint32_t low, high;
        memcpy(&low, bytes, 4);
        memcpy(&high, bytes + count - 4, 4);
        return (uint64_t)high << 8 * (count - 4) | low;
    }
    for (size_t i = 0; i < count; i++) x |= (uint64_t)bytes[i] << 8 * i;
    return x;
}

static inline uint64_t hash_of(const uint8_t *bytes, size_t count) {
    uint64_t hash = count * 0x9E3779B97F4A7C15ull;
    while (count > 8) {
        hash = (hash ^ load_8(bytes)) * 0x9FB21C651E98DF25ull;
        hash ^= hash >> 32;
        bytes += 8;
        count -= 8;
    }
    return count > 0 ? mixed(hash ^ load_few(bytes, count)) : mixed(hash);
}

#endif
