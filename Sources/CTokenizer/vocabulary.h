/// The tables that encoding reads.
#ifndef SERRE_VOCABULARY_H
#define SERRE_VOCABULARY_H

#include "memory.h"
#include "serre_tokenizer.h"
#include "split.h"

/// No merge has this rank.
#define NO_RANK UINT32_MAX

/// What becomes of a pair: its rank and the token that it becomes.
typedef struct {
    uint32_t rank;
    int32_t merged;
} pair_result;

typedef struct {
    uint64_t pair;
    pair_result result;
} pair_slot;

/// A node of the tree of added tokens; children are a linked list.
typedef struct {
    uint8_t byte;
    /// Index of the added token that ends here, -1 without one.
    int32_t token;
    int32_t first_child, next_sibling;
} added_node;

typedef struct {
    /// The node that a token's first byte leads to, -1 without one.
    int32_t roots[256];
    added_node *nodes;
    int32_t node_count;
} added_tree;

struct serre_vocabulary {
    serre_splitter *splitter;
    uint8_t *blob;
    uint32_t *starts;
    int32_t token_count;
    /// Tokens by their bytes, open addressing; -1 where free.
    int32_t *slots;
    size_t slot_mask;
    int32_t byte_tokens[256];
    /// What becomes of two bytes, by first and second byte.
    pair_result byte_pairs[256][256];
    pair_slot *pairs;
    size_t pair_mask;
    bool words_first, prefix_space;
    serre_added_token *added;
    uint8_t *added_blob;
    added_tree trees[2];
};

static inline uint64_t pair_key(int32_t left, int32_t right) {
    return (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
}

static inline size_t pair_place(uint64_t key) {
    uint64_t hash = key * 0x9E3779B97F4A7C15ull;
    return (size_t)(hash ^ hash >> 32);
}

static inline pair_result pair_of(const serre_vocabulary *vocabulary, int32_t left, int32_t right) {
    uint64_t key = pair_key(left, right);
    for (size_t at = pair_place(key);; at++) {
        const pair_slot *slot = &vocabulary->pairs[at & vocabulary->pair_mask];
        if (slot->pair == key || slot->result.rank == NO_RANK) return slot->result;
    }
}

#endif
