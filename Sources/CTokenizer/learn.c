/// Learning merges: the most frequent pair becomes a token, again and again, with counts kept up to date.
#include "learn.h"

// MARK: - The heap

/// Whether `a` is merged before `b`: more frequent, or as frequent with lower tokens.
static inline bool comes_before(const heap_entry *a, const heap_entry *b) {
    return a->count != b->count ? a->count > b->count : a->key < b->key;
}

static void push(serre_learner *l, uint32_t pair) {
    l->heap = with_room(l->heap, &l->heap_capacity, l->heap_count + 1, sizeof *l->heap);
    heap_entry entry = {l->pairs[pair].count, l->pairs[pair].key, pair};
    size_t at = l->heap_count++;
    while (at > 0 && comes_before(&entry, &l->heap[(at - 1) / 2])) {
        l->heap[at] = l->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    l->heap[at] = entry;
}

static heap_entry pop(serre_learner *l) {
    heap_entry top = l->heap[0];
    heap_entry entry = l->heap[--l->heap_count];
    size_t at = 0;
    for (;;) {
        size_t below = 2 * at + 1;
        if (below >= l->heap_count) break;
        if (below + 1 < l->heap_count && comes_before(&l->heap[below + 1], &l->heap[below])) below++;
        if (!comes_before(&l->heap[below], &entry)) break;
        l->heap[at] = l->heap[below];
        at = below;
    }
    l->heap[at] = entry;
    return top;
}

// MARK: - Counts

static void note_word(learned_pair *pair, uint32_t word) {
    if (pair->word_count > 0 && pair->words[pair->word_count - 1] == word) return;
    if (pair->word_count == pair->word_capacity) {
        pair->word_capacity = pair->word_capacity < 4 ? 4 : pair->word_capacity * 2;
        pair->words = reallocate(pair->words, pair->word_capacity, sizeof *pair->words);
    }
    pair->words[pair->word_count++] = word;
}

static void add_pair(serre_learner *l, int32_t left, int32_t right, uint32_t word) {
    uint32_t index = serre_learner_pair(l, pair_key(left, right));
    learned_pair *pair = &l->pairs[index];
    pair->count += l->frequencies[word];
    note_word(pair, word);
    if (pair->is_touched) return;
    pair->is_touched = true;
    l->touched = with_room(l->touched, &l->touched_capacity, l->touched_count + 1, sizeof *l->touched);
    l->touched[l->touched_count++] = index;
}

static void remove_pair(serre_learner *l, int32_t left, int32_t right, uint32_t word) {
    l->pairs[serre_learner_pair(l, pair_key(left, right))].count -= l->frequencies[word];
}

static void count_pairs(serre_learner *l) {
    for (size_t word = 0; word < l->word_count; word++) {
        const int32_t *symbols = l->symbols + l->starts[word];
        for (uint32_t i = 0; i + 1 < l->lengths[word]; i++) add_pair(l, symbols[i], symbols[i + 1], (uint32_t)word);
    }
}

// MARK: - Merging

/// Merges a pair wherever it is in a word.
static void merge_in_word(serre_learner *l, uint32_t word, int32_t left, int32_t right, int32_t merged) {
    int32_t *symbols = l->symbols + l->starts[word];
    uint32_t length = l->lengths[word], written = 0;
    for (uint32_t i = 0; i < length; written++) {
        if (symbols[i] != left || i + 1 == length || symbols[i + 1] != right) {
            symbols[written] = symbols[i++];
            continue;
        }
        if (written > 0) {
            remove_pair(l, symbols[written - 1], left, word);
            add_pair(l, symbols[written - 1], merged, word);
        }
        if (i + 2 < length) {
            remove_pair(l, right, symbols[i + 2], word);
            add_pair(l, merged, symbols[i + 2], word);
        }
        symbols[written] = merged;
        i += 2;
    }
    l->lengths[word] = written;
}

static void merge_everywhere(serre_learner *l, uint32_t index) {
    uint64_t key = l->pairs[index].key;
    // The list is taken out first: the pair may come up anew while its words change.
    uint32_t *words = l->pairs[index].words;
    uint32_t count = l->pairs[index].word_count;
    l->pairs[index].words = NULL;
    l->pairs[index].word_count = l->pairs[index].word_capacity = 0;
    for (uint32_t i = 0; i < count; i++) {
        merge_in_word(l, words[i], (int32_t)(key >> 32), (int32_t)(uint32_t)key, l->pairs[index].merged);
    }
    l->pairs[index].count = 0;
    free(words);
}

/// Puts the pairs that came up into the heap. One that was merged before is merged at once, as encoding would.
static void settle_touched(serre_learner *l) {
    for (size_t i = 0; i < l->touched_count; i++) {
        uint32_t index = l->touched[i];
        l->pairs[index].is_touched = false;
        if (l->pairs[index].is_forbidden || l->pairs[index].count <= 0) continue;
        if (l->pairs[index].merged >= 0) {
            merge_everywhere(l, index);
        } else {
            push(l, index);
        }
    }
    l->touched_count = 0;
}

/// The token that a pair becomes, made if there is none; a special token for a pair that must stay apart.
static int32_t token_of_pair(serre_learner *l, uint64_t key) {
    size_t left_count, right_count;
    const uint8_t *left = serre_learner_token(l, (int32_t)(key >> 32), &left_count);
    const uint8_t *right = serre_learner_token(l, (int32_t)(uint32_t)key, &right_count);
    uint8_t *bytes = allocate(left_count + right_count, 1);
    memcpy(bytes, left, left_count);
    memcpy(bytes + left_count, right, right_count);
    int32_t token = serre_learner_intern(l, bytes, left_count + right_count);
    free(bytes);
    return token;
}

static void learn(serre_learner *l, uint32_t index) {
    uint64_t key = l->pairs[index].key;
    int32_t merged = token_of_pair(l, key);
    if (merged < l->special_count) {
        l->pairs[index].is_forbidden = true;
        return;
    }
    l->pairs[index].merged = merged;
    l->merges = with_room(l->merges, &l->merge_capacity, l->merge_count + 1, sizeof *l->merges);
    l->merges[l->merge_count++] = (serre_merge){(int32_t)(key >> 32), (int32_t)(uint32_t)key, merged};
    merge_everywhere(l, index);
    settle_touched(l);
}

bool serre_learner_run(serre_learner *l, int32_t token_limit, int64_t least_frequency, int steps) {
    if (l->pair_count == 0) {
        count_pairs(l);
        settle_touched(l);
    }
    while (steps > 0 && l->heap_count > 0 && l->token_count < (size_t)token_limit) {
        heap_entry top = pop(l);
        const learned_pair *pair = &l->pairs[top.pair];
        if (pair->merged >= 0 || pair->is_forbidden) continue;
        if (pair->count != top.count) {
            // Counts only fall while a pair waits, or it was put in again when they rose.
            if (pair->count > 0 && pair->count < top.count) push(l, top.pair);
            continue;
        }
        if (top.count < 1 || top.count < least_frequency) return false;
        learn(l, top.pair);
        steps--;
    }
    return l->heap_count > 0 && l->token_count < (size_t)token_limit;
}
