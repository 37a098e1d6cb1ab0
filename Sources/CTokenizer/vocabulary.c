/// Building the tables of a vocabulary.
#include "vocabulary.h"

static void copy_tokens(serre_vocabulary *v, const serre_vocabulary_description *d) {
    v->token_count = d->token_count;
    v->starts = allocate((size_t)d->token_count + 1, sizeof *v->starts);
    memcpy(v->starts, d->starts, ((size_t)d->token_count + 1) * sizeof *v->starts);
    size_t bytes = v->starts[d->token_count];
    v->blob = allocate(bytes, 1);
    if (bytes > 0) memcpy(v->blob, d->blob, bytes);
    memcpy(v->byte_tokens, d->byte_tokens, sizeof v->byte_tokens);
    size_t size = power_of_two(2 * (size_t)d->token_count + 2);
    v->slots = allocate(size, sizeof *v->slots);
    memset(v->slots, -1, size * sizeof *v->slots);
    v->slot_mask = size - 1;
    for (int32_t token = 0; token < d->token_count; token++) {
        size_t count = v->starts[token + 1] - v->starts[token];
        if (count == 0 || serre_vocabulary_find(v, v->blob + v->starts[token], count) >= 0) continue;
        size_t at = hash_of(v->blob + v->starts[token], count) & v->slot_mask;
        while (v->slots[at] >= 0) at = (at + 1) & v->slot_mask;
        v->slots[at] = token;
    }
}

static void copy_merges(serre_vocabulary *v, const serre_vocabulary_description *d) {
    size_t size = power_of_two(2 * (size_t)d->merge_count + 2);
    v->pairs = allocate(size, sizeof *v->pairs);
    v->pair_mask = size - 1;
    for (size_t i = 0; i < size; i++) v->pairs[i].result = (pair_result){NO_RANK, -1};
    for (int32_t rank = 0; rank < d->merge_count; rank++) {
        uint64_t key = pair_key(d->merges[rank].left, d->merges[rank].right);
        size_t at = pair_place(key) & v->pair_mask;
        while (v->pairs[at].result.rank != NO_RANK && v->pairs[at].pair != key) at = (at + 1) & v->pair_mask;
        v->pairs[at] = (pair_slot){key, {(uint32_t)rank, d->merges[rank].merged}};
    }
    for (int a = 0; a < 256; a++) {
        for (int b = 0; b < 256; b++) v->byte_pairs[a][b] = pair_of(v, v->byte_tokens[a], v->byte_tokens[b]);
    }
}

/// The node for `byte` in the list that begins at `*link`, made if there is none.
static int32_t child(added_tree *tree, int32_t *link, uint8_t byte) {
    for (int32_t node = *link; node >= 0; node = tree->nodes[node].next_sibling) {
        if (tree->nodes[node].byte == byte) return node;
    }
    int32_t made = tree->node_count++;
    tree->nodes[made] = (added_node){byte, -1, -1, *link};
    *link = made;
    return made;
}

static void insert(added_tree *tree, const serre_added_token *token, int32_t index) {
    int32_t node = child(tree, &tree->roots[token->bytes[0]], token->bytes[0]);
    for (size_t i = 1; i < token->count; i++) node = child(tree, &tree->nodes[node].first_child, token->bytes[i]);
    if (tree->nodes[node].token < 0) tree->nodes[node].token = index;
}

static void copy_added(serre_vocabulary *v, const serre_vocabulary_description *d) {
    size_t bytes = 0;
    for (size_t i = 0; i < d->added_count; i++) bytes += d->added[i].count;
    v->added_blob = allocate(bytes, 1);
    v->added = allocate(d->added_count, sizeof *v->added);
    for (int tree = 0; tree < 2; tree++) {
        memset(v->trees[tree].roots, -1, sizeof v->trees[tree].roots);
        v->trees[tree].nodes = allocate(bytes, sizeof(added_node));
    }
    uint8_t *place = v->added_blob;
    for (size_t i = 0; i < d->added_count; i++) {
        v->added[i] = d->added[i];
        if (d->added[i].count == 0) continue;
        memcpy(place, d->added[i].bytes, d->added[i].count);
        v->added[i].bytes = place;
        place += d->added[i].count;
        insert(&v->trees[d->added[i].is_second], &v->added[i], (int32_t)i);
    }
}

serre_vocabulary *serre_vocabulary_create(const serre_vocabulary_description *description) {
    serre_vocabulary *v = allocate(1, sizeof *v);
    v->splitter = serre_splitter_create(description->splits, description->split_count);
    v->words_first = description->words_first;
    v->prefix_space = description->prefix_space;
    copy_tokens(v, description);
    copy_merges(v, description);
    copy_added(v, description);
    return v;
}

void serre_vocabulary_destroy(serre_vocabulary *v) {
    if (v == NULL) return;
    serre_splitter_destroy(v->splitter);
    free(v->blob);
    free(v->starts);
    free(v->slots);
    free(v->pairs);
    free(v->added);
    free(v->added_blob);
    for (int tree = 0; tree < 2; tree++) free(v->trees[tree].nodes);
    free(v);
}

int32_t serre_vocabulary_find(const serre_vocabulary *v, const uint8_t *bytes, size_t count) {
    if (count == 0) return -1;
    for (size_t at = hash_of(bytes, count);; at++) {
        int32_t token = v->slots[at & v->slot_mask];
        if (token < 0) return -1;
        if (v->starts[token + 1] - v->starts[token] == count && memcmp(v->blob + v->starts[token], bytes, count) == 0) {
            return token;
        }
    }
}
