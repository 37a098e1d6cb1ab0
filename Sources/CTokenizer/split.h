/// Splitting text into words, piece by piece.
#ifndef SERRE_SPLIT_H
#define SERRE_SPLIT_H

#include "characters.h"
#include "serre_tokenizer.h"

struct serre_splitter {
    serre_characters characters;
    serre_split splits[SERRE_MOST_SPLITS];
    int count;
};

/// What is done with a piece, which is not empty.
typedef void (*serre_piece_body)(void *argument, const uint8_t *piece, size_t count);

/// Calls `body` with each piece of a text, in order.
void serre_for_each_piece(
    const serre_splitter *splitter, const uint8_t *text, size_t count, serre_piece_body body, void *argument);

#endif
