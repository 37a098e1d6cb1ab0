/// How often each word occurs: byte strings end to end, found by open addressing.
#ifndef SERRE_WORDS_H
#define SERRE_WORDS_H

#include "memory.h"
#include "serre_tokenizer.h"

typedef struct {
    uint64_t hash;
    size_t start;
    uint32_t count;
    int64_t frequency;
} counted_word;

struct serre_word_counts {
    uint8_t *blob;
    size_t blob_count, blob_capacity;
    counted_word *words;
    size_t word_count, word_capacity;
    /// Indices of words, UINT32_MAX where free; at most half full.
    uint32_t *slots;
    size_t slot_count;
};

#endif
