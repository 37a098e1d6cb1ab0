/// Byte-pair merging: always the pair of the lowest rank, the leftmost of several.
#include "encoder.h"

/// For words of at most SHORT_WORD bytes: arrays that stay in the first cache beat any clever structure.
static size_t merge_short(const serre_vocabulary *vocabulary, const uint8_t *word, size_t count, int32_t *tokens) {
    pair_result pairs[SHORT_WORD];
    for (size_t i = 0; i < count; i++) tokens[i] = vocabulary->byte_tokens[word[i]];
    for (size_t i = 0; i + 1 < count; i++) pairs[i] = vocabulary->byte_pairs[word[i]][word[i + 1]];
    while (count > 1) {
        size_t best = 0;
        uint32_t rank = pairs[0].rank;
        for (size_t i = 1; i + 1 < count; i++) {
            if (pairs[i].rank < rank) {
                rank = pairs[i].rank;
                best = i;
            }
        }
        if (rank == NO_RANK) break;
        tokens[best] = pairs[best].merged;
        count--;
        memmove(tokens + best + 1, tokens + best + 2, (count - best - 1) * sizeof *tokens);
        if (best + 1 < count) {
            memmove(pairs + best + 1, pairs + best + 2, (count - best - 2) * sizeof *pairs);
            pairs[best] = pair_of(vocabulary, tokens[best], tokens[best + 1]);
        }
        if (best > 0) pairs[best - 1] = pair_of(vocabulary, tokens[best - 1], tokens[best]);
    }
    return count;
}

static void push(long_word *w, uint64_t entry) {
    w->heap = with_room(w->heap, &w->heap_capacity, w->heap_count + 1, sizeof *w->heap);
    size_t at = w->heap_count++;
    while (at > 0 && w->heap[(at - 1) / 2] > entry) {
        w->heap[at] = w->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    w->heap[at] = entry;
}

static uint64_t pop(long_word *w) {
    uint64_t top = w->heap[0];
    uint64_t entry = w->heap[--w->heap_count];
    size_t at = 0;
    for (;;) {
        size_t below = 2 * at + 1;
        if (below >= w->heap_count) break;
        if (below + 1 < w->heap_count && w->heap[below + 1] < w->heap[below]) below++;
        if (w->heap[below] >= entry) break;
        w->heap[at] = w->heap[below];
        at = below;
    }
    w->heap[at] = entry;
    return top;
}

static void make_room(long_word *w, size_t count) {
    if (count <= w->capacity) return;
    w->capacity = count;
    w->ranks = reallocate(w->ranks, count, sizeof *w->ranks);
    w->previous = reallocate(w->previous, count, sizeof *w->previous);
    w->next = reallocate(w->next, count, sizeof *w->next);
    w->tokens = reallocate(w->tokens, count, sizeof *w->tokens);
    w->merged = reallocate(w->merged, count, sizeof *w->merged);
}

/// Notes what becomes of the token at `at` and the one after it.
static void set_pair(long_word *w, uint32_t at, pair_result pair) {
    w->ranks[at] = pair.rank;
    w->merged[at] = pair.merged;
    if (pair.rank != NO_RANK) push(w, (uint64_t)pair.rank << 32 | at);
}

/// For long words: a linked list of tokens and a heap of merges, so n log n whatever the word.
static size_t merge_long(
    const serre_vocabulary *vocabulary, long_word *w, const uint8_t *word, uint32_t count, int32_t *ids) {
    make_room(w, count);
    w->heap_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        w->tokens[i] = vocabulary->byte_tokens[word[i]];
        w->previous[i] = i - 1;
        w->next[i] = i + 1;
        set_pair(w, i, i + 1 < count ? vocabulary->byte_pairs[word[i]][word[i + 1]] : (pair_result){NO_RANK, -1});
    }
    while (w->heap_count > 0) {
        uint64_t entry = pop(w);
        uint32_t at = (uint32_t)entry;
        // An entry whose pair has changed since is void; the pair that stands there now has its own.
        if (w->ranks[at] != (uint32_t)(entry >> 32)) continue;
        uint32_t gone = w->next[at], after = w->next[gone];
        w->tokens[at] = w->merged[at];
        w->ranks[gone] = NO_RANK;
        w->next[at] = after;
        if (after < count) {
            w->previous[after] = at;
            set_pair(w, at, pair_of(vocabulary, w->tokens[at], w->tokens[after]));
        } else {
            w->ranks[at] = NO_RANK;
        }
        if (at > 0) {
            uint32_t before = w->previous[at];
            set_pair(w, before, pair_of(vocabulary, w->tokens[before], w->tokens[at]));
        }
    }
    size_t written = 0;
    for (uint32_t at = 0; at < count; at = w->next[at]) ids[written++] = w->tokens[at];
    return written;
}

size_t serre_merge_word(serre_encoder *encoder, const uint8_t *word, size_t count, int32_t *ids) {
    if (encoder->vocabulary->words_first) {
        int32_t token = serre_vocabulary_find(encoder->vocabulary, word, count);
        if (token >= 0) {
            ids[0] = token;
            return 1;
        }
    }
    if (encoder->vocabulary->pair_mask < 2) {  // There are no merges: tokens are bytes.
        for (size_t i = 0; i < count; i++) ids[i] = encoder->vocabulary->byte_tokens[word[i]];
        return count;
    }
    if (count <= SHORT_WORD) return merge_short(encoder->vocabulary, word, count, ids);
    return merge_long(encoder->vocabulary, &encoder->scratch, word, (uint32_t)count, ids);
}
