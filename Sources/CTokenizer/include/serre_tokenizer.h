/// The hot loops of tokenisation: splitting text into words, merging byte pairs, counting words, learning merges.
///
/// Nothing here reads files or checks what a user wrote: Swift does, before it calls. Sizes are in bytes unless named
/// otherwise. Memory that cannot be had ends the process, as in Swift.
#ifndef SERRE_TOKENIZER_H
#define SERRE_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

// MARK: - Words

/// How a piece of text is split into smaller ones.
typedef enum {
    /// BLOOM's: an optional space and a run without spaces, brackets, bars and sentence marks; what is between is a piece.
    SERRE_SPLIT_BLOOM,
    /// GPT-2's: English contractions; letters, digits or other marks with an optional space before; white space.
    SERRE_SPLIT_GPT2,
    /// Llama 3's: as GPT-2's, any case, any one mark before letters, at most three digits, line ends apart.
    SERRE_SPLIT_LLAMA3,
    /// Each digit alone.
    SERRE_SPLIT_EACH_DIGIT,
    /// Runs of digits.
    SERRE_SPLIT_DIGITS
} serre_split;

/// Splits one after the other, each within the pieces of the one before, with the table of character classes.
typedef struct serre_splitter serre_splitter;

enum { SERRE_MOST_SPLITS = 4 };

/// `count` is at most SERRE_MOST_SPLITS; without any, a text is one piece.
serre_splitter *serre_splitter_create(const serre_split *splits, int count);
void serre_splitter_destroy(serre_splitter *splitter);
/// Where the pieces of a text end, ascending: fills `ends`, which must have room for `count` numbers, and returns how many.
size_t serre_split_text(const serre_splitter *splitter, const uint8_t *text, size_t count, size_t *ends);

// MARK: - Vocabulary

/// One merge: two tokens become a third.
typedef struct {
    int32_t left, right, merged;
} serre_merge;

/// A token that is found in text before it is split.
typedef struct {
    const uint8_t *bytes;
    size_t count;
    int32_t id;
    bool is_special, takes_space_before, takes_space_after;
    /// Looked for in what the others left.
    bool is_second;
} serre_added_token;

/// What an encoder needs to know, copied into tables that threads may share.
typedef struct serre_vocabulary serre_vocabulary;

typedef struct {
    /// The bytes of token i are blob[starts[i]..<starts[i + 1]]; a number that is no token has none.
    const uint8_t *blob;
    const uint32_t *starts;
    int32_t token_count;
    /// The token of each byte.
    const int32_t *byte_tokens;
    /// In order of rank; of two merges of the same pair the later counts.
    const serre_merge *merges;
    int32_t merge_count;
    /// A word that is a token is that token, whatever its merges say.
    bool words_first;
    const serre_added_token *added;
    size_t added_count;
    const serre_split *splits;
    int split_count;
    /// A space goes before each text, or part of it between added tokens, that does not begin with one.
    bool prefix_space;
} serre_vocabulary_description;

serre_vocabulary *serre_vocabulary_create(const serre_vocabulary_description *description);
void serre_vocabulary_destroy(serre_vocabulary *vocabulary);
/// The token with these bytes, -1 without one; of several, the one with the lowest number.
int32_t serre_vocabulary_find(const serre_vocabulary *vocabulary, const uint8_t *bytes, size_t count);

// MARK: - Encoding

/// Scratch memory and the words seen last, for one thread.
typedef struct serre_encoder serre_encoder;

/// The encoder keeps a pointer to the vocabulary, which must outlive it.
serre_encoder *serre_encoder_create(const serre_vocabulary *vocabulary, bool caches);
void serre_encoder_destroy(serre_encoder *encoder);
/// Encodes a text. The ids stay valid until the next call.
const int32_t *serre_encode(
    serre_encoder *encoder, const uint8_t *text, size_t count, bool recognises_special, size_t *id_count);

// MARK: - Training

/// How often each word occurs.
typedef struct serre_word_counts serre_word_counts;

serre_word_counts *serre_word_counts_create(void);
void serre_word_counts_destroy(serre_word_counts *counts);
/// Splits a text and counts its words.
void serre_word_counts_add(
    serre_word_counts *counts, const serre_splitter *splitter, const uint8_t *text, size_t count);
/// Adds the counts of `other`.
void serre_word_counts_merge(serre_word_counts *counts, const serre_word_counts *other);
size_t serre_word_counts_size(const serre_word_counts *counts);

/// Merges being learned. The order in which the words were counted changes nothing.
typedef struct serre_learner serre_learner;

/// The first tokens are `special_count` texts, end to end in `special`, cut at `special_ends`, which no merge yields;
/// then the 256 bytes in the order of `bytes`.
serre_learner *serre_learner_create(
    const serre_word_counts *counts, const uint8_t *special, const size_t *special_ends, int32_t special_count,
    const uint8_t *bytes);
void serre_learner_destroy(serre_learner *learner);
/// Learns the most frequent pair while there are fewer than `token_limit` tokens and pairs at least `least_frequency`
/// times there, at most `steps` times; false when it is done.
///
/// Of equally frequent pairs the one with the lower left token comes first, then the one with the lower right token.
bool serre_learner_run(serre_learner *learner, int32_t token_limit, int64_t least_frequency, int steps);
int32_t serre_learner_token_count(const serre_learner *learner);
/// The bytes of a token.
const uint8_t *serre_learner_token(const serre_learner *learner, int32_t token, size_t *count);
/// The merges so far, in order.
const serre_merge *serre_learner_merges(const serre_learner *learner, size_t *count);

#if defined(__cplusplus)
}
#endif

#endif
