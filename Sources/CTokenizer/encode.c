/// Texts to tokens: added tokens first, then words, which are looked up among those seen last or merged.
#include "encoder.h"

enum { CACHE_SIZE = 1 << 15, CACHED_BYTES = 32, CACHED_TOKENS = 7 };

/// One line of the processor's cache. A count of bytes of 0 marks a free entry.
struct cached_word {
    uint64_t bytes[CACHED_BYTES / 8];
    uint8_t byte_count, token_count;
    int32_t tokens[CACHED_TOKENS];
};

serre_encoder *serre_encoder_create(const serre_vocabulary *vocabulary, bool caches) {
    serre_encoder *encoder = allocate(1, sizeof *encoder);
    encoder->vocabulary = vocabulary;
    if (caches) {
        encoder->cache = checked(aligned_alloc(64, CACHE_SIZE * sizeof(cached_word)));
        memset(encoder->cache, 0, CACHE_SIZE * sizeof(cached_word));
    }
    return encoder;
}

void serre_encoder_destroy(serre_encoder *encoder) {
    if (encoder == NULL) return;
    free(encoder->cache);
    free(encoder->ids);
    free(encoder->scratch.heap);
    free(encoder->scratch.ranks);
    free(encoder->scratch.previous);
    free(encoder->scratch.next);
    free(encoder->scratch.tokens);
    free(encoder->scratch.merged);
    free(encoder->prefixed);
    free(encoder);
}

/// The bytes of a short word, zeros behind, and a hash of them.
static inline uint64_t load_word(const uint8_t *word, size_t count, const uint8_t *text_end, uint64_t *bytes) {
    bytes[1] = bytes[2] = bytes[3] = 0;
    size_t whole = (count - 1) / 8;
    size_t rest = count - 8 * whole;
    for (size_t i = 0; i < whole; i++) bytes[i] = load_8(word + 8 * i);
    const uint8_t *last = word + 8 * whole;
    bytes[whole] = text_end - last >= 8 ? load_8(last) & (~0ull >> (64 - 8 * rest)) : load_few(last, rest);
    uint64_t hash = (bytes[0] ^ count) * 0x9FB21C651E98DF25ull;
    if (whole > 0) {
        hash = (hash ^ hash >> 32 ^ bytes[1]) * 0x9E3779B97F4A7C15ull;
        if (whole > 1) {
            hash = (hash ^ hash >> 32 ^ bytes[2]) * 0x9FB21C651E98DF25ull;
            hash = (hash ^ hash >> 32 ^ bytes[3]) * 0x9E3779B97F4A7C15ull;
        }
    }
    return hash >> 40 ^ hash >> 20;
}

static void encode_word(void *argument, const uint8_t *word, size_t count) {
    serre_encoder *encoder = argument;
    int32_t *ids = encoder->ids + encoder->id_count;
    if (encoder->cache == NULL || count > CACHED_BYTES) {
        while (count > 0) {
            size_t part = count < LONGEST_WORD ? count : LONGEST_WORD;
            encoder->id_count += serre_merge_word(encoder, word, part, encoder->ids + encoder->id_count);
            word += part;
            count -= part;
        }
        return;
    }
    uint64_t bytes[CACHED_BYTES / 8];
    cached_word *cached = &encoder->cache[load_word(word, count, encoder->text_end, bytes) % CACHE_SIZE];
    if (cached->byte_count == count && memcmp(cached->bytes, bytes, sizeof bytes) == 0) {
        memcpy(ids, cached->tokens, sizeof cached->tokens);
        encoder->id_count += cached->token_count;
        return;
    }
    size_t made = serre_merge_word(encoder, word, count, ids);
    encoder->id_count += made;
    if (made > CACHED_TOKENS) return;
    memcpy(cached->bytes, bytes, sizeof bytes);
    cached->byte_count = (uint8_t)count;
    cached->token_count = (uint8_t)made;
    memcpy(cached->tokens, ids, made * sizeof *ids);
}

static void encode_words(serre_encoder *encoder, const uint8_t *text, size_t count) {
    if (count == 0) return;
    const serre_vocabulary *vocabulary = encoder->vocabulary;
    encoder->text_end = text + count;
    if (vocabulary->prefix_space && *text != ' ') {
        encoder->prefixed = with_room(encoder->prefixed, &encoder->prefixed_capacity, count + 1, 1);
        encoder->prefixed[0] = ' ';
        memcpy(encoder->prefixed + 1, text, count);
        text = encoder->prefixed;
        count++;
        encoder->text_end = text + count;
    }
    // Each token covers a byte at least; a cached word writes all its places.
    encoder->ids = with_room(
        encoder->ids, &encoder->id_capacity, encoder->id_count + count + CACHED_TOKENS, sizeof *encoder->ids);
    serre_for_each_piece(vocabulary->splitter, text, count, encode_word, encoder);
}

/// The longest added token at `at`, -1 without one.
static int32_t added_at(const added_tree *tree, const uint8_t *at, const uint8_t *end, bool recognises_special,
                        const serre_added_token *added) {
    int32_t found = -1;
    int32_t node = tree->roots[*at];
    while (node >= 0) {
        int32_t token = tree->nodes[node].token;
        if (token >= 0 && (recognises_special || !added[token].is_special)) found = token;
        if (++at == end) break;
        node = tree->nodes[node].first_child;
        while (node >= 0 && tree->nodes[node].byte != *at) node = tree->nodes[node].next_sibling;
    }
    return found;
}

static const uint8_t *before_spaces(const serre_characters *table, const uint8_t *from, const uint8_t *at) {
    while (at > from) {
        const uint8_t *last = at - 1;
        while (last > from && (*last & 0xC0) == 0x80) last--;
        character c = character_at(table, last, at);
        if (!(c.flags & SPACE) || last + c.count != at) break;
        at = last;
    }
    return at;
}

static const uint8_t *after_spaces(const serre_characters *table, const uint8_t *at, const uint8_t *end) {
    while (at < end) {
        character c = character_at(table, at, end);
        if (!(c.flags & SPACE)) break;
        at += c.count;
    }
    return at;
}

/// Encodes a part of the text: the added tokens of tree `level` in it, and what is between as the next level does.
static void encode_part(
    serre_encoder *encoder, int level, const uint8_t *text, const uint8_t *end, bool recognises_special) {
    if (level == 2) return encode_words(encoder, text, (size_t)(end - text));
    const serre_vocabulary *vocabulary = encoder->vocabulary;
    const added_tree *tree = &vocabulary->trees[level];
    if (tree->node_count == 0) return encode_part(encoder, level + 1, text, end, recognises_special);
    const uint8_t *at = text;
    while (at < end) {
        int32_t index = -1;
        while (at < end && (tree->roots[*at] < 0 ||
                            (index = added_at(tree, at, end, recognises_special, vocabulary->added)) < 0)) {
            at++;
        }
        if (index < 0) break;
        const serre_added_token *token = &vocabulary->added[index];
        const serre_characters *table = &vocabulary->splitter->characters;
        const uint8_t *stop = at;
        // Spaces that an earlier token took are before `text`.
        if (token->takes_space_before && at > text) stop = before_spaces(table, text, at);
        if (stop > text) encode_part(encoder, level + 1, text, stop, recognises_special);
        encoder->ids = with_room(encoder->ids, &encoder->id_capacity, encoder->id_count + 1, sizeof *encoder->ids);
        encoder->ids[encoder->id_count++] = token->id;
        at += token->count;
        text = at;
        if (token->takes_space_after) text = after_spaces(table, at, end);
    }
    if (text < end) encode_part(encoder, level + 1, text, end, recognises_special);
}

const int32_t *serre_encode(
    serre_encoder *encoder, const uint8_t *text, size_t count, bool recognises_special, size_t *id_count) {
    encoder->id_count = 0;
    if (count > 0) encode_part(encoder, 0, text, text + count, recognises_special);
    *id_count = encoder->id_count;
    return encoder->ids;
}
