/// The patterns as scanners: each returns where the piece at a place ends. All characters belong to some piece.
#include "split.h"

#include "memory.h"

/// Where the first piece of `at..<end`, which is not empty, ends.
typedef const uint8_t *(*serre_next_piece)(const serre_characters *table, const uint8_t *at, const uint8_t *end);

/// Skips the characters whose flags in `mask` are `wanted`.
static inline const uint8_t *skip(
    const serre_characters *table, const uint8_t *at, const uint8_t *end, unsigned mask, unsigned wanted) {
    while (at < end) {
        character c = character_at(table, at, end);
        if ((c.flags & mask) != wanted) break;
        at += c.count;
    }
    return at;
}

static const uint8_t *next_bloom(const serre_characters *table, const uint8_t *at, const uint8_t *end) {
    const uint8_t *word = at + (*at == ' ');
    const uint8_t *stop = skip(table, word, end, WORD_EDGE, 0);
    if (stop > word) return stop;
    // Between words: up to where the next one, or the space before it, begins.
    while (at < end) {
        character c = character_at(table, at, end);
        if (!(c.flags & WORD_EDGE)) break;
        if (*at == ' ' && at + 1 < end && !(character_at(table, at + 1, end).flags & WORD_EDGE)) break;
        at += c.count;
    }
    return at;
}

/// The end of white space that runs from `at`: without its last character if something else follows and more is left.
static const uint8_t *spaces(const serre_characters *table, const uint8_t *at, const uint8_t *end) {
    const uint8_t *last = at;
    const uint8_t *stop = at;
    while (stop < end) {
        character c = character_at(table, stop, end);
        if (!(c.flags & SPACE)) break;
        last = stop;
        stop += c.count;
    }
    return stop < end && last > at ? last : stop;
}

/// The end of an English contraction at `at`, `at` itself without one.
static inline const uint8_t *contraction(const uint8_t *at, const uint8_t *end) {
    if (*at != '\'' || end - at < 2) return at;
    switch (at[1]) {
        case 's': case 't': case 'm': case 'd': return at + 2;
        case 'r': case 'v': return end - at > 2 && at[2] == 'e' ? at + 3 : at;
        case 'l': return end - at > 2 && at[2] == 'l' ? at + 3 : at;
        default: return at;
    }
}

static const uint8_t *next_gpt2(const serre_characters *table, const uint8_t *at, const uint8_t *end) {
    const uint8_t *stop = contraction(at, end);
    if (stop > at) return stop;
    const uint8_t *word = at + (*at == ' ' && at + 1 < end);
    character c = character_at(table, word, end);
    if (c.flags & SPACE) return spaces(table, at, end);
    unsigned mask = c.flags & (LETTER | NUMBER);
    return skip(table, word + c.count, end, mask ? mask : LETTER | NUMBER | SPACE, mask);
}

/// As `contraction` in any case; the long s is an s in another case.
static inline const uint8_t *contraction_in_any_case(const uint8_t *at, const uint8_t *end) {
    if (*at != '\'' || end - at < 2) return at;
    if (at[1] == 0xC5 && end - at > 2 && at[2] == 0xBF) return at + 3;
    // Setting this bit makes no other character one of the letters that are asked for.
    const uint8_t lower[3] = {'\'', at[1] | 0x20, end - at > 2 ? at[2] | 0x20 : 0};
    return at + (contraction(lower, lower + 3) - lower);
}

static const uint8_t *next_llama3(const serre_characters *table, const uint8_t *at, const uint8_t *end) {
    const uint8_t *stop = contraction_in_any_case(at, end);
    if (stop > at) return stop;
    character first = character_at(table, at, end);
    const uint8_t *second = at + first.count;
    if (first.flags & LETTER) return skip(table, second, end, LETTER, LETTER);
    if (first.flags & NUMBER) {
        for (int digits = 1; digits < 3 && second < end; digits++) {
            character c = character_at(table, second, end);
            if (!(c.flags & NUMBER)) break;
            second += c.count;
        }
        return second;
    }
    character next = second < end ? character_at(table, second, end) : (character){SPACE, 0};
    if (!(first.flags & LINE_END) && next.flags & LETTER) return skip(table, second, end, LETTER, LETTER);
    if (!(first.flags & SPACE) || (*at == ' ' && !(next.flags & (LETTER | NUMBER | SPACE)))) {
        stop = skip(table, second, end, LETTER | NUMBER | SPACE, 0);
        return skip(table, stop, end, LINE_END, LINE_END);
    }
    const uint8_t *run = skip(table, at, end, SPACE, SPACE);
    for (stop = run; stop > at; stop--) {
        if (stop[-1] == '\n' || stop[-1] == '\r') return stop;
    }
    return spaces(table, at, end);
}

static const uint8_t *next_digit(const serre_characters *table, const uint8_t *at, const uint8_t *end) {
    character c = character_at(table, at, end);
    return c.flags & NUMBER ? at + c.count : skip(table, at, end, NUMBER, 0);
}

static const uint8_t *next_digits(const serre_characters *table, const uint8_t *at, const uint8_t *end) {
    return skip(table, at, end, NUMBER, character_at(table, at, end).flags & NUMBER);
}

static serre_next_piece scanner_of(serre_split split) {
    switch (split) {
        case SERRE_SPLIT_BLOOM: return next_bloom;
        case SERRE_SPLIT_GPT2: return next_gpt2;
        case SERRE_SPLIT_LLAMA3: return next_llama3;
        case SERRE_SPLIT_EACH_DIGIT: return next_digit;
        case SERRE_SPLIT_DIGITS: return next_digits;
    }
    abort();
}

serre_splitter *serre_splitter_create(const serre_split *splits, int count) {
    serre_splitter *splitter = allocate(1, sizeof *splitter);
    serre_characters_fill(&splitter->characters);
    splitter->count = count;
    for (int i = 0; i < count; i++) splitter->splits[i] = splits[i];
    return splitter;
}

void serre_splitter_destroy(serre_splitter *splitter) { free(splitter); }

static void split_from(
    const serre_splitter *splitter, int level, const uint8_t *at, const uint8_t *end, serre_piece_body body,
    void *argument) {
    if (level == splitter->count) return body(argument, at, (size_t)(end - at));
    serre_next_piece next = scanner_of(splitter->splits[level]);
    bool is_last = level + 1 == splitter->count;
    while (at < end) {
        const uint8_t *stop = next(&splitter->characters, at, end);
        if (is_last) {
            body(argument, at, (size_t)(stop - at));
        } else {
            split_from(splitter, level + 1, at, stop, body, argument);
        }
        at = stop;
    }
}

void serre_for_each_piece(
    const serre_splitter *splitter, const uint8_t *text, size_t count, serre_piece_body body, void *argument) {
    if (count > 0) split_from(splitter, 0, text, text + count, body, argument);
}

typedef struct {
    size_t *ends;
    size_t count, last;
} piece_ends;

static void append_end(void *argument, const uint8_t *piece, size_t count) {
    (void)piece;
    piece_ends *found = argument;
    found->last += count;
    found->ends[found->count++] = found->last;
}

size_t serre_split_text(const serre_splitter *splitter, const uint8_t *text, size_t count, size_t *ends) {
    piece_ends found = {ends, 0, 0};
    serre_for_each_piece(splitter, text, count, append_end, &found);
    return found.count;
}
