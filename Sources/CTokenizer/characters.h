/// What kind of character stands at a place of UTF-8 text.
#ifndef SERRE_CHARACTERS_H
#define SERRE_CHARACTERS_H

#include <stddef.h>
#include <stdint.h>

enum {
    LETTER = 1,
    NUMBER = 2,
    SPACE = 4,
    LINE_END = 8,
    /// What BLOOM's words do not hold: white space, brackets, the bar and sentence marks.
    WORD_EDGE = 16,
};

enum { BLOCK = 256, BLOCK_COUNT = 0x110000 / BLOCK, MOST_BLOCKS = 256 };

/// The flags of each character, in two stages: blocks of 256, equal ones stored once.
typedef struct {
    uint8_t ascii[128];
    uint8_t block_of[BLOCK_COUNT];
    uint8_t blocks[MOST_BLOCKS][BLOCK];
} serre_characters;

void serre_characters_fill(serre_characters *characters);

typedef struct {
    unsigned flags, count;
} character;

static inline unsigned flags_of(const serre_characters *table, uint32_t code) {
    return table->blocks[table->block_of[code / BLOCK]][code % BLOCK];
}

/// The character at `at`, which is not ASCII. A byte that begins no valid sequence is a character without flags.
static inline character wide_character(const serre_characters *table, const uint8_t *at, const uint8_t *end) {
    const character invalid = {0, 1};
    uint32_t lead = at[0];
    size_t left = (size_t)(end - at);
    if (lead < 0xC2 || lead > 0xF4 || left < 2 || (at[1] & 0xC0) != 0x80) return invalid;
    if (lead < 0xE0) return (character){flags_of(table, (lead & 0x1F) << 6 | (at[1] & 0x3Fu)), 2};
    if (left < 3 || (at[2] & 0xC0) != 0x80) return invalid;
    if (lead < 0xF0) {
        uint32_t code = (lead & 0x0F) << 12 | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu);
        if (code < 0x800 || (code >= 0xD800 && code < 0xE000)) return invalid;
        return (character){flags_of(table, code), 3};
    }
    if (left < 4 || (at[3] & 0xC0) != 0x80) return invalid;
    uint32_t code = (lead & 0x07) << 18 | (at[1] & 0x3Fu) << 12 | (at[2] & 0x3Fu) << 6 | (at[3] & 0x3Fu);
    if (code < 0x10000 || code > 0x10FFFF) return invalid;
    return (character){flags_of(table, code), 4};
}

/// The character at `at`, which is before `end`.
static inline character character_at(const serre_characters *table, const uint8_t *at, const uint8_t *end) {
    if (*at < 0x80) return (character){table->ascii[*at], 1};
    return wide_character(table, at, end);
}

#endif
