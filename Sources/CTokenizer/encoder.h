/// The state of one thread that encodes.
#ifndef SERRE_ENCODER_H
#define SERRE_ENCODER_H

#include "vocabulary.h"

enum {
    /// Words up to this many bytes are merged by looking through all pairs for each merge; longer ones with a heap.
    SHORT_WORD = 128,
    /// A longer word is cut: a bound on memory.
    LONGEST_WORD = 1 << 24,
};

/// A heap entry and what stands behind it, for words that are not short.
typedef struct {
    /// Rank and place, so that the smallest entry is the next merge.
    uint64_t *heap;
    size_t heap_count, heap_capacity;
    uint32_t *ranks, *previous, *next;
    int32_t *tokens, *merged;
    size_t capacity;
} long_word;

typedef struct cached_word cached_word;

struct serre_encoder {
    const serre_vocabulary *vocabulary;
    cached_word *cache;
    int32_t *ids;
    size_t id_count, id_capacity;
    const uint8_t *text_end;
    long_word scratch;
    uint8_t *prefixed;
    size_t prefixed_capacity;
};

/// Writes the tokens of a word to `ids`, which has room for `count`, and returns how many.
size_t serre_merge_word(serre_encoder *encoder, const uint8_t *word, size_t count, int32_t *ids);

#endif
