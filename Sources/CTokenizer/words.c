/// Counting words.
#include "words.h"

#include "split.h"

enum {
    FIRST_SLOTS = 1 << 12,
    /// A longer word is cut: a bound on memory, and on the time that one word's merges take.
    LONGEST_COUNTED = 1 << 20,
};

serre_word_counts *serre_word_counts_create(void) {
    serre_word_counts *counts = allocate(1, sizeof *counts);
    counts->slot_count = FIRST_SLOTS;
    counts->slots = allocate(FIRST_SLOTS, sizeof *counts->slots);
    memset(counts->slots, -1, FIRST_SLOTS * sizeof *counts->slots);
    return counts;
}

void serre_word_counts_destroy(serre_word_counts *counts) {
    if (counts == NULL) return;
    free(counts->blob);
    free(counts->words);
    free(counts->slots);
    free(counts);
}

static void grow_slots(serre_word_counts *counts) {
    counts->slot_count *= 2;
    counts->slots = reallocate(counts->slots, counts->slot_count, sizeof *counts->slots);
    memset(counts->slots, -1, counts->slot_count * sizeof *counts->slots);
    for (size_t i = 0; i < counts->word_count; i++) {
        size_t at = counts->words[i].hash & (counts->slot_count - 1);
        while (counts->slots[at] != UINT32_MAX) at = (at + 1) & (counts->slot_count - 1);
        counts->slots[at] = (uint32_t)i;
    }
}

static void add_word(
    serre_word_counts *counts, uint64_t hash, const uint8_t *word, size_t count, int64_t frequency) {
    size_t at = hash & (counts->slot_count - 1);
    for (; counts->slots[at] != UINT32_MAX; at = (at + 1) & (counts->slot_count - 1)) {
        counted_word *found = &counts->words[counts->slots[at]];
        if (found->hash == hash && found->count == count && memcmp(counts->blob + found->start, word, count) == 0) {
            found->frequency += frequency;
            return;
        }
    }
    if (counts->word_count == UINT32_MAX - 1) checked(NULL);
    counts->slots[at] = (uint32_t)counts->word_count;
    counts->blob = with_room(counts->blob, &counts->blob_capacity, counts->blob_count + count, 1);
    counts->words = with_room(counts->words, &counts->word_capacity, counts->word_count + 1, sizeof *counts->words);
    memcpy(counts->blob + counts->blob_count, word, count);
    counts->words[counts->word_count++] = (counted_word){hash, counts->blob_count, (uint32_t)count, frequency};
    counts->blob_count += count;
    if (2 * counts->word_count > counts->slot_count) grow_slots(counts);
}

static void count_piece(void *argument, const uint8_t *piece, size_t count) {
    while (count > 0) {
        size_t part = count < LONGEST_COUNTED ? count : LONGEST_COUNTED;
        add_word(argument, hash_of(piece, part), piece, part, 1);
        piece += part;
        count -= part;
    }
}

void serre_word_counts_add(
    serre_word_counts *counts, const serre_splitter *splitter, const uint8_t *text, size_t count) {
    serre_for_each_piece(splitter, text, count, count_piece, counts);
}

void serre_word_counts_merge(serre_word_counts *counts, const serre_word_counts *other) {
    for (size_t i = 0; i < other->word_count; i++) {
        const counted_word *word = &other->words[i];
        add_word(counts, word->hash, other->blob + word->start, word->count, word->frequency);
    }
}

size_t serre_word_counts_size(const serre_word_counts *counts) { return counts->word_count; }
