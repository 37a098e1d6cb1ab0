/// Folds of stored leaves into the binary counter of A4, and column sums.
#include "lane_fold.h"

#pragma clang fp contract(off)

enum {
    /// Elements per run: 4 KiB.
    RUN = 1024,
    /// Adds, times elements, below which waking other workers costs more than it saves.
    SHARED_WORK_LEAST = 1 << 16,
    SLOT_TREE = 0,
    SLOT_SLOTS = 1,
};

static int64_t at_most(int64_t a, int64_t b) { return a < b ? a : b; }

/// A grain such that small passes stay on the caller and pieces are whole runs.
static int64_t grain_for(int64_t count, int64_t adds_per_element) {
    if (count * adds_per_element < SHARED_WORK_LEAST) return count;
    return RUN;
}

// ---------------------------------------------------------------------------------------------------------------
// Folds.

typedef struct {
    serre_context *context;
    int64_t count, segments;
    const float *leaves;
    float *const *slots;
    int32_t adds, slot;
} fold_pass;

SERRE_INLINE void fold_runs(void *argument, int64_t begin, int64_t end, int worker) {
    const fold_pass *pass = argument;
    float *stack = serre_scratch(pass->context, worker, SLOT_TREE, SERRE_TREE_RUNS * RUN);
    for (int64_t first = begin; first < end; first += RUN) {
        int64_t count = at_most(RUN, end - first);
        float *v = tree_of_run(pass->leaves + first, pass->count, pass->segments, count, RUN, stack);
        push_run(first, count, pass->slots, NULL, RUN, pass->adds, pass->slot, v);
    }
}
SERRE_TASK(fold_runs)

void serre_fold(serre_context *context, int64_t count, int64_t segments, const float *leaves, float *const *slots,
                int32_t adds, int32_t slot) {
    fold_pass pass = {context, count, segments, leaves, slots, adds, slot};
    serre_run(context, count, grain_for(count, segments + adds), SERRE_PICK(context, fold_runs), &pass);
}

// ---------------------------------------------------------------------------------------------------------------
// Column sums.

typedef struct {
    serre_context *context;
    const float *dy;
    int64_t ld;
    const serre_chain *chains;
    int64_t chain_count;
    float *const *slots;
    int64_t slot_count;
} column_pass;

SERRE_INLINE void sum_columns(void *argument, int64_t begin, int64_t end, int worker) {
    const column_pass *pass = argument;
    float *v = serre_scratch(pass->context, worker, SLOT_TREE, RUN);
    float *inner = serre_scratch(pass->context, worker, SLOT_SLOTS, pass->slot_count * RUN);
    for (int64_t first = begin; first < end; first += RUN) {
        int64_t count = at_most(RUN, end - first);
        for (int64_t c = 0; c < pass->chain_count; c++) {
            const serre_chain *chain = &pass->chains[c];
            memset(v, 0, (size_t)count * sizeof(float));
            for (int64_t t = chain->begin; t < chain->end; t++) {
                add_run(count, v, pass->dy + t * pass->ld + first, v);
            }
            push_run(first, count, pass->slots, inner, RUN, chain->adds, chain->slot, v);
        }
    }
}
SERRE_TASK(sum_columns)

void serre_column_sums(serre_context *context, int64_t n, const float *dy, int64_t ld, const serre_chain *chains,
                       int64_t chain_count, float *const *slots, int64_t slot_count) {
    column_pass pass = {context, dy, ld, chains, chain_count, slots, slot_count};
    int64_t rows = 0;
    for (int64_t c = 0; c < chain_count; c++) rows += chains[c].end - chains[c].begin + 1;
    // Columns are few and rows many: whole lines of columns are the smallest piece.
    int64_t grain = n * rows < SHARED_WORK_LEAST ? n : 64;
    serre_run(context, n, grain, SERRE_PICK(context, sum_columns), &pass);
}
