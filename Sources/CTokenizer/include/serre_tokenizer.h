/// The hot loops of tokenisation: splitting text into words, merging byte pairs, counting words and pairs.
#ifndef SERRE_TOKENIZER_H
#define SERRE_TOKENIZER_H

#include <stdint.h>

#endif
