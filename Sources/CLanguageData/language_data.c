#include "language_data.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t language_model[] = {
#embed "language-model.bin"
};

static const uint8_t stop_words[] = {
#embed "stop-words.txt"
};

const uint8_t *serre_language_model(size_t *count) {
    *count = sizeof language_model;
    return language_model;
}

const uint8_t *serre_stop_words(size_t *count) {
    *count = sizeof stop_words;
    return stop_words;
}
