/// The tables of learning: pairs, tokens by their bytes, and the words they begin with.
#include "learn.h"

enum { FIRST_SLOTS = 1 << 16 };

static void grow_pair_slots(serre_learner *l) {
    l->slot_count *= 2;
    l->slots = reallocate(l->slots, l->slot_count, sizeof *l->slots);
    memset(l->slots, -1, l->slot_count * sizeof *l->slots);
    for (size_t i = 0; i < l->pair_count; i++) {
        size_t at = pair_place(l->pairs[i].key) & (l->slot_count - 1);
        while (l->slots[at] != UINT32_MAX) at = (at + 1) & (l->slot_count - 1);
        l->slots[at] = (uint32_t)i;
    }
}

uint32_t serre_learner_pair(serre_learner *l, uint64_t key) {
    size_t at = pair_place(key) & (l->slot_count - 1);
    for (; l->slots[at] != UINT32_MAX; at = (at + 1) & (l->slot_count - 1)) {
        if (l->pairs[l->slots[at]].key == key) return l->slots[at];
    }
    uint32_t index = (uint32_t)l->pair_count;
    l->pairs = with_room(l->pairs, &l->pair_capacity, l->pair_count + 1, sizeof *l->pairs);
    l->pairs[l->pair_count++] = (learned_pair){.key = key, .merged = -1};
    l->slots[at] = index;
    if (2 * l->pair_count > l->slot_count) grow_pair_slots(l);
    return index;
}

const uint8_t *serre_learner_token(const serre_learner *l, int32_t token, size_t *count) {
    size_t start = token > 0 ? l->token_ends[token - 1] : 0;
    *count = l->token_ends[token] - start;
    return l->blob + start;
}

static size_t token_place(const serre_learner *l, const uint8_t *bytes, size_t count) {
    size_t at = hash_of(bytes, count) & (l->token_slot_count - 1);
    for (; l->token_slots[at] >= 0; at = (at + 1) & (l->token_slot_count - 1)) {
        size_t found_count;
        const uint8_t *found = serre_learner_token(l, l->token_slots[at], &found_count);
        if (found_count == count && memcmp(found, bytes, count) == 0) break;
    }
    return at;
}

static void grow_token_slots(serre_learner *l) {
    l->token_slot_count *= 2;
    l->token_slots = reallocate(l->token_slots, l->token_slot_count, sizeof *l->token_slots);
    memset(l->token_slots, -1, l->token_slot_count * sizeof *l->token_slots);
    for (size_t token = 0; token < l->token_count; token++) {
        size_t count;
        const uint8_t *bytes = serre_learner_token(l, (int32_t)token, &count);
        l->token_slots[token_place(l, bytes, count)] = (int32_t)token;
    }
}

int32_t serre_learner_intern(serre_learner *l, const uint8_t *bytes, size_t count) {
    size_t at = token_place(l, bytes, count);
    if (l->token_slots[at] >= 0) return l->token_slots[at];
    int32_t token = (int32_t)l->token_count;
    l->token_slots[at] = token;
    l->blob = with_room(l->blob, &l->blob_capacity, l->blob_count + count, 1);
    memcpy(l->blob + l->blob_count, bytes, count);
    l->blob_count += count;
    l->token_ends = with_room(l->token_ends, &l->token_capacity, l->token_count + 1, sizeof *l->token_ends);
    l->token_ends[l->token_count++] = l->blob_count;
    if (2 * l->token_count > l->token_slot_count) grow_token_slots(l);
    return token;
}

/// Turns the counted words into tokens: one for each byte.
static void take_words(serre_learner *l, const serre_word_counts *counts, const int32_t *byte_tokens) {
    l->word_count = counts->word_count;
    l->symbols = allocate(counts->blob_count, sizeof *l->symbols);
    l->starts = allocate(counts->word_count, sizeof *l->starts);
    l->lengths = allocate(counts->word_count, sizeof *l->lengths);
    l->frequencies = allocate(counts->word_count, sizeof *l->frequencies);
    for (size_t i = 0; i < counts->blob_count; i++) l->symbols[i] = byte_tokens[counts->blob[i]];
    for (size_t i = 0; i < counts->word_count; i++) {
        l->starts[i] = counts->words[i].start;
        l->lengths[i] = counts->words[i].count;
        l->frequencies[i] = counts->words[i].frequency;
    }
}

serre_learner *serre_learner_create(
    const serre_word_counts *counts, const uint8_t *special, const size_t *special_ends, int32_t special_count,
    const uint8_t *bytes) {
    serre_learner *l = allocate(1, sizeof *l);
    l->slot_count = FIRST_SLOTS;
    l->slots = allocate(FIRST_SLOTS, sizeof *l->slots);
    memset(l->slots, -1, FIRST_SLOTS * sizeof *l->slots);
    l->token_slot_count = FIRST_SLOTS;
    l->token_slots = allocate(FIRST_SLOTS, sizeof *l->token_slots);
    memset(l->token_slots, -1, FIRST_SLOTS * sizeof *l->token_slots);
    l->special_count = special_count;
    size_t start = 0;
    for (int32_t i = 0; i < special_count; i++) {
        serre_learner_intern(l, special + start, special_ends[i] - start);
        start = special_ends[i];
    }
    int32_t byte_tokens[256];
    for (int i = 0; i < 256; i++) byte_tokens[bytes[i]] = serre_learner_intern(l, &bytes[i], 1);
    take_words(l, counts, byte_tokens);
    return l;
}

void serre_learner_destroy(serre_learner *l) {
    if (l == NULL) return;
    for (size_t i = 0; i < l->pair_count; i++) free(l->pairs[i].words);
    free(l->symbols);
    free(l->starts);
    free(l->lengths);
    free(l->frequencies);
    free(l->pairs);
    free(l->slots);
    free(l->heap);
    free(l->touched);
    free(l->blob);
    free(l->token_ends);
    free(l->token_slots);
    free(l->merges);
    free(l);
}

int32_t serre_learner_token_count(const serre_learner *l) { return (int32_t)l->token_count; }

const serre_merge *serre_learner_merges(const serre_learner *l, size_t *count) {
    *count = l->merge_count;
    return l->merges;
}
