/// The table of character classes, built from Unicode's ranges.
#include "characters.h"

#include <string.h>

#include "memory.h"
#include "unicode_classes.h"

/// ( ) | and the full stops, commas and other marks of BLOOM's pattern.
static const uint32_t word_edges[] = {'(',    ')',    '|',    '.',    ',',    '!',    '?',
                                      0x2026, 0x3002, 0xFF0C, 0x3001, 0x0964, 0x06D4, 0x060C};

static void mark(uint8_t *flat, uint32_t first, uint32_t last, uint8_t flags) {
    for (uint32_t code = first; code <= last; code++) flat[code] |= flags;
}

void serre_characters_fill(serre_characters *characters) {
    uint8_t *flat = allocate(0x110000, 1);
    for (size_t i = 0; i < sizeof unicode_classes / sizeof unicode_classes[0]; i++) {
        uint8_t flags = unicode_classes[i].flags;
        mark(flat, unicode_classes[i].first, unicode_classes[i].last, flags == SPACE ? SPACE | WORD_EDGE : flags);
    }
    for (size_t i = 0; i < sizeof word_edges / sizeof word_edges[0]; i++) flat[word_edges[i]] |= WORD_EDGE;
    flat['\r'] |= LINE_END;
    flat['\n'] |= LINE_END;
    memcpy(characters->ascii, flat, 128);
    size_t stored = 0;
    for (size_t block = 0; block < BLOCK_COUNT; block++) {
        size_t same = 0;
        while (same < stored && memcmp(characters->blocks[same], flat + block * BLOCK, BLOCK) != 0) same++;
        if (same == stored) {
            if (stored == MOST_BLOCKS) abort();  // Another Unicode version needs a wider index.
            memcpy(characters->blocks[stored++], flat + block * BLOCK, BLOCK);
        }
        characters->block_of[block] = (uint8_t)same;
    }
    free(flat);
}
