/// Gradients of parameters that every rank holds (A7): norms, row-parallel biases, learned positions.
///
/// They run down the rows of the micro-batch, so the workers take strips of columns; a strip goes through all lanes, and
/// its accumulators and the fold's stay in the first cache.
#include "lane_fold.h"

#pragma clang fp contract(off)

enum {
    /// Columns of a strip, at most: rows are read in long runs, and eight accumulators stay in the first cache.
    STRIP = 512,
    /// Its columns are a multiple of this many, but in the last.
    UNIT = 16,
    SLOT_TREE = 0,
};

typedef struct {
    serre_context *context;
    const serre_lane_step *steps;
    int64_t samples, sequence, width, parts, strip, strips;
    bool adds_parts;
    const float *dy, *x, *mean, *rstd;
    float *lane;
    float *const *slots;
} replicated_pass;

/// Continues the strip's accumulator of one part of the sequence with a sample's tokens.
SERRE_INLINE void add_tokens(const replicated_pass *pass, int64_t sample, int64_t part, int64_t first, int64_t length,
                             float *accumulator) {
    int64_t tokens = pass->sequence / pass->parts, width = pass->width;
    int64_t start = sample * pass->sequence + part * tokens;
    for (int64_t row = start; row < start + tokens; row++) {
        const float *dy = pass->dy + row * width + first;
        if (pass->x == NULL) {
            add_run(length, accumulator, dy, accumulator);
            continue;
        }
        const float *x = pass->x + row * width + first;
        // Taking +0 away changes no bit.
        float mean = pass->mean == NULL ? 0.0f : pass->mean[row], rstd = pass->rstd[row];
        SERRE_ELEMENTWISE
        for (int64_t c = 0; c < length; c++) {
            accumulator[c] = __builtin_fmaf(dy[c], (x[c] - mean) * rstd, accumulator[c]);
        }
    }
}

/// A sample in the middle of a lane.
static const serre_lane_step continues = {.opens = false, .closes = false};

/// The parts [begin, end) of one strip, through all samples.
SERRE_INLINE void run_strip(const replicated_pass *pass, int64_t begin, int64_t end, int64_t first, int worker) {
    int64_t width = pass->width, left = width - first, length = left < pass->strip ? left : pass->strip;
    float *stack = serre_scratch(pass->context, worker, SLOT_TREE, SERRE_TREE_RUNS * pass->strip);
    float *lane = pass->lane + begin * width + first;
    for (int64_t sample = 0; sample < pass->samples; sample++) {
        const serre_lane_step *step = pass->steps != NULL ? &pass->steps[sample] : &continues;
        for (int64_t part = begin; part < end; part++) {
            float *accumulator = pass->lane + part * width + first;
            if (step->opens) memset(accumulator, 0, (size_t)length * sizeof(float));
            add_tokens(pass, sample, part, first, length, accumulator);
        }
        if (!step->closes) continue;
        int64_t place = pass->adds_parts ? first : begin * width + first;
        float *v = tree_of_run(lane, width, end - begin, length, pass->strip, stack);
        push_run(place, length, pass->slots, NULL, pass->strip, step->adds, step->slot, v);
    }
}

/// Pieces are strips, or strips of one part each where parts stay apart.
SERRE_INLINE void replicated(void *argument, int64_t begin, int64_t end, int worker) {
    const replicated_pass *pass = argument;
    for (int64_t piece = begin; piece < end; piece++) {
        int64_t part = piece / pass->strips, first = piece % pass->strips * pass->strip;
        if (pass->adds_parts) {
            run_strip(pass, 0, pass->parts, first, worker);
        } else {
            run_strip(pass, part, part + 1, first, worker);
        }
    }
}
SERRE_TASK(replicated)

static void run_replicated(serre_context *context, replicated_pass *pass) {
    int64_t share = (pass->width + serre_context_workers(context) - 1) / serre_context_workers(context);
    int64_t strip = (share + UNIT - 1) / UNIT * UNIT;
    pass->strip = strip < STRIP ? strip : STRIP;
    pass->strips = (pass->width + pass->strip - 1) / pass->strip;
    int64_t rows = pass->samples * pass->sequence / (pass->adds_parts ? 1 : pass->parts);
    int64_t pieces = pass->adds_parts ? pass->strips : pass->parts * pass->strips;
    serre_run(context, pieces, rows_per_piece(rows * pass->strip), SERRE_PICK(context, replicated), pass);
}

void serre_replicated_gradient(serre_context *context, int64_t samples, int64_t sequence, int64_t width,
                               int64_t segments, const float *dy, const float *x, const float *mean,
                               const float *rstd, float *accumulator) {
    replicated_pass pass = {.context = context, .samples = samples, .sequence = sequence, .width = width,
                            .parts = segments, .dy = dy, .x = x, .mean = mean, .rstd = rstd, .lane = accumulator};
    run_replicated(context, &pass);
}

void serre_replicated_gradient_lanes(serre_context *context, const serre_lane_step *steps, int64_t samples,
                                     int64_t sequence, int64_t width, int64_t segments, bool adds_segments,
                                     const float *dy, const float *x, const float *mean, const float *rstd,
                                     float *accumulator, float *const *slots) {
    replicated_pass pass = {.context = context, .steps = steps, .samples = samples, .sequence = sequence,
                            .width = width, .parts = segments, .adds_parts = adds_segments, .dy = dy, .x = x,
                            .mean = mean, .rstd = rstd, .lane = accumulator, .slots = slots};
    run_replicated(context, &pass);
}
