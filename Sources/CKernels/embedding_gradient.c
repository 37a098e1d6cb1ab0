/// The gradient of the look-up of token vectors, over the rows of the vocabulary that a rank holds (A9).
#include "lane_fold.h"

#pragma clang fp contract(off)

enum {
    /// Columns whose sums are held at once.
    STRIP = 64,
    /// More slots than a fold of a count in 64 bits can need.
    SLOTS = 66,
    /// Of the caller: where tokens stand. The workers read it, none asks for it.
    SLOT_OCCURRENCES = SERRE_SCRATCH_SLOTS - 1,
    SLOT_INNER = 0,
    RADIX_BITS = 8,
};

/// Where a held token stands: its row in the high half, its place among all samples' tokens in the low one. Sorted, each
/// sum's terms stand side by side in order.
typedef uint64_t occurrence;

SERRE_INLINE int64_t row_of(occurrence o) { return (int64_t)(o >> 32); }
SERRE_INLINE int64_t place_of(occurrence o) { return (int64_t)(uint32_t)o; }

/// Sorts by row; places of one row keep their order. `spare` has as much room. Returns where the result lies.
static occurrence *sorted(occurrence *from, occurrence *spare, int64_t count, int64_t rows) {
    for (int shift = 32; shift < 64 && (rows - 1) >> (shift - 32) > 0; shift += RADIX_BITS) {
        int64_t starts[(1 << RADIX_BITS) + 1] = {0};
        const uint64_t mask = (1 << RADIX_BITS) - 1;
        for (int64_t o = 0; o < count; o++) starts[(from[o] >> shift & mask) + 1]++;
        for (int digit = 0; digit < 1 << RADIX_BITS; digit++) starts[digit + 1] += starts[digit];
        for (int64_t o = 0; o < count; o++) spare[starts[from[o] >> shift & mask]++] = from[o];
        occurrence *swapped = from;
        from = spare;
        spare = swapped;
    }
    return from;
}

/// Writes the held occurrences among tokens [begin, end) to `out`; returns how many there are.
static int64_t find_occurrences(const int32_t *tokens, int64_t begin, int64_t end, int64_t first_row, int64_t rows,
                                occurrence *out) {
    int64_t count = 0;
    for (int64_t place = begin; place < end; place++) {
        int64_t row = (int64_t)tokens[place] - first_row;
        if (row >= 0 && row < rows) out[count++] = (uint64_t)row << 32 | (uint64_t)place;
    }
    return count;
}

static occurrence *occurrence_memory(serre_context *context, int64_t count) {
    int64_t floats = count * (int64_t)(sizeof(occurrence) / sizeof(float));
    return (occurrence *)(void *)serre_scratch(context, 0, SLOT_OCCURRENCES, floats);
}

typedef struct {
    serre_context *context;
    const occurrence *occurrences;
    int64_t count, sequence, width;
    const float *dx;
    /// One lane's accumulator.
    float *out;
    const serre_lane_step *steps;
    int64_t samples;
    float *const *slots;
    int64_t slot_count;
} gradient_pass;

/// sum[c] = chain over the occurrences of one row in one sample that begin at `o`; returns where they end.
SERRE_INLINE int64_t sum_of_sample(const gradient_pass *pass, int64_t o, int64_t first, int64_t length, float *sum) {
    const occurrence *all = pass->occurrences;
    int64_t row = row_of(all[o]), end = (place_of(all[o]) / pass->sequence + 1) * pass->sequence;
    memset(sum, 0, STRIP * sizeof(float));
    for (; o < pass->count && row_of(all[o]) == row && place_of(all[o]) < end; o++) {
        add_run(length, sum, pass->dx + place_of(all[o]) * pass->width + first, sum);
    }
    return o;
}

// ---------------------------------------------------------------------------------------------------------------
// One lane's accumulator.

/// Strips of columns: every sample's sum per token, added to the accumulator as soon as it is complete.
SERRE_INLINE void accumulate(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const gradient_pass *pass = argument;
    for (int64_t strip = begin; strip < end; strip++) {
        int64_t first = strip * STRIP, left = pass->width - first, length = left < STRIP ? left : STRIP;
        for (int64_t o = 0; o < pass->count;) {
            float sum[STRIP];
            float *accumulator = pass->out + row_of(pass->occurrences[o]) * pass->width + first;
            o = sum_of_sample(pass, o, first, length, sum);
            add_run(length, accumulator, sum, accumulator);
        }
    }
}
SERRE_TASK(accumulate)

void serre_embedding_gradient(serre_context *context, int64_t samples, int64_t sequence, const int32_t *tokens,
                              int64_t first_row, int64_t rows, int64_t width, const float *dx, float *accumulator) {
    occurrence *memory = occurrence_memory(context, 2 * samples * sequence), *spare = memory + samples * sequence;
    int64_t count = find_occurrences(tokens, 0, samples * sequence, first_row, rows, memory);
    // Sorted over all samples at once: a row's sums are still added in sample order.
    gradient_pass pass = {.context = context, .occurrences = sorted(memory, spare, count, rows), .count = count,
                          .sequence = sequence, .width = width, .dx = dx, .out = accumulator};
    int64_t strips = (width + STRIP - 1) / STRIP, grain = rows_per_piece(count * STRIP);
    serre_run(context, strips, grain, SERRE_PICK(context, accumulate), &pass);
}

// ---------------------------------------------------------------------------------------------------------------
// Whole lanes.

/// One strip of a row that has occurrences from `o` on, through all lanes. A lane without any adds +0: its accumulator.
SERRE_INLINE void fold_strip(const gradient_pass *pass, int64_t o, int64_t first, int64_t length, float *inner) {
    int64_t row = row_of(pass->occurrences[o]);
    float lane[STRIP];
    for (int64_t sample = 0; sample < pass->samples; sample++) {
        const serre_lane_step *step = &pass->steps[sample];
        if (step->opens) memset(lane, 0, sizeof(lane));
        if (o < pass->count && row_of(pass->occurrences[o]) == row &&
            place_of(pass->occurrences[o]) < (sample + 1) * pass->sequence) {
            float sum[STRIP];
            o = sum_of_sample(pass, o, first, length, sum);
            add_run(length, lane, sum, lane);
        }
        if (!step->closes) continue;
        push_run(row * pass->width + first, length, pass->slots, inner, STRIP, step->adds, step->slot, lane);
    }
}

/// A row without occurrences: every lane adds +0, which changes nothing, since no sum of lanes is −0. So only slots that
/// begin anew, or that take others in, are written. Slots inside the call stay zero.
SERRE_INLINE void fold_absent_row(const gradient_pass *pass, int64_t row) {
    int64_t first = row * pass->width, width = pass->width;
    // Slots that this call has made zero and not yet written.
    bool zero[SLOTS] = {false};
    for (int64_t sample = 0; sample < pass->samples; sample++) {
        const serre_lane_step *step = &pass->steps[sample];
        if (!step->closes) continue;
        const float *v = NULL;
        float *result = pass->slots[step->slot] == NULL ? NULL : pass->slots[step->slot] + first;
        for (int32_t s = step->slot + step->adds - 1; s >= step->slot; s--) {
            if (zero[s] || pass->slots[s] == NULL) continue;
            // Slots that are taken in are free, so each sum stays where its left operand was.
            float *left = pass->slots[s] + first;
            if (v != NULL) add_run(width, left, v, left);
            v = left;
        }
        if (v != NULL && v != result) memcpy(result, v, (size_t)width * sizeof(float));
        zero[step->slot] = v == NULL;
    }
    for (int64_t s = 0; s < pass->slot_count; s++) {
        if (zero[s] && pass->slots[s] != NULL) memset(pass->slots[s] + first, 0, (size_t)width * sizeof(float));
    }
}

/// The first occurrence of a row ≥ `row`.
static int64_t first_of(const gradient_pass *pass, int64_t row) {
    int64_t low = 0, high = pass->count;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (row_of(pass->occurrences[middle]) < row) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/// Rows of the vocabulary.
SERRE_INLINE void fold_rows(void *argument, int64_t begin, int64_t end, int worker) {
    const gradient_pass *pass = argument;
    float *inner = serre_scratch(pass->context, worker, SLOT_INNER, SLOTS * STRIP);
    int64_t o = first_of(pass, begin), width = pass->width;
    for (int64_t row = begin; row < end; row++) {
        if (o == pass->count || row_of(pass->occurrences[o]) > row) {
            fold_absent_row(pass, row);
            continue;
        }
        for (int64_t first = 0; first < width; first += STRIP) {
            int64_t left = width - first;
            fold_strip(pass, o, first, left < STRIP ? left : STRIP, inner);
        }
        while (o < pass->count && row_of(pass->occurrences[o]) == row) o++;
    }
}
SERRE_TASK(fold_rows)

void serre_embedding_gradient_lanes(serre_context *context, const serre_lane_step *steps, int64_t samples,
                                    int64_t sequence, const int32_t *tokens, int64_t first_row, int64_t rows,
                                    int64_t width, const float *dx, float *const *slots, int64_t slot_count) {
    occurrence *memory = occurrence_memory(context, 2 * samples * sequence), *spare = memory + samples * sequence;
    int64_t count = find_occurrences(tokens, 0, samples * sequence, first_row, rows, memory);
    gradient_pass pass = {.context = context, .occurrences = sorted(memory, spare, count, rows), .count = count,
                          .sequence = sequence, .width = width, .dx = dx, .steps = steps, .samples = samples,
                          .slots = slots, .slot_count = slot_count};
    serre_run(context, rows, rows_per_piece(width), SERRE_PICK(context, fold_rows), &pass);
}
