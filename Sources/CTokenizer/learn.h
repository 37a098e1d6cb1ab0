/// The state of learning merges.
#ifndef SERRE_LEARN_H
#define SERRE_LEARN_H

#include "vocabulary.h"
#include "words.h"

/// A pair of tokens that is or was somewhere in the words.
typedef struct {
    uint64_t key;
    /// How often it occurs, the frequencies of the words counted.
    int64_t count;
    /// The words that it is in, or was; one may be there more than once.
    uint32_t *words;
    uint32_t word_count, word_capacity;
    /// What it has been merged to, -1 while it has not.
    int32_t merged;
    /// Whether it waits to be put into the heap, and whether it never may be merged.
    bool is_touched, is_forbidden;
} learned_pair;

/// A pair as it stood when it was put into the heap.
typedef struct {
    int64_t count;
    uint64_t key;
    uint32_t pair;
} heap_entry;

struct serre_learner {
    /// The tokens of all words, end to end; a word is `symbols[starts[i]]` and what follows, `lengths[i]` in all.
    int32_t *symbols;
    size_t *starts;
    uint32_t *lengths;
    int64_t *frequencies;
    size_t word_count;
    learned_pair *pairs;
    size_t pair_count, pair_capacity;
    /// Indices of pairs, UINT32_MAX where free; at most half full.
    uint32_t *slots;
    size_t slot_count;
    heap_entry *heap;
    size_t heap_count, heap_capacity;
    uint32_t *touched;
    size_t touched_count, touched_capacity;
    /// Tokens by their bytes.
    uint8_t *blob;
    size_t blob_count, blob_capacity;
    size_t *token_ends;
    size_t token_count, token_capacity;
    int32_t *token_slots;
    size_t token_slot_count;
    int32_t special_count;
    serre_merge *merges;
    size_t merge_count, merge_capacity;
};

/// The index of a pair, made if there is none.
uint32_t serre_learner_pair(serre_learner *learner, uint64_t key);
/// The token with these bytes, made if there is none.
int32_t serre_learner_intern(serre_learner *learner, const uint8_t *bytes, size_t count);

#endif
