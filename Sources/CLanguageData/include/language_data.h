// Data that is part of the program: embedded from the files beside the source.
#ifndef SERRE_LANGUAGE_DATA_H
#define SERRE_LANGUAGE_DATA_H

#include <stddef.h>
#include <stdint.h>

// The language model (format: Sources/Cleaning/Language/LanguageIdentifier+File.swift).
const uint8_t *serre_language_model(size_t *count);

// The stop words: UTF-8, a line for each language.
const uint8_t *serre_stop_words(size_t *count);

#endif
