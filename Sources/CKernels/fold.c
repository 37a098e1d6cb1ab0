/// Folds of stored leaves into the binary counter of A4, and column sums.
///
/// Both work on runs of elements short enough to stay in the first cache while the chain or the tree goes over them; the
/// inner loops are over neighbouring elements, so that the compiler's vectors of any width add the same numbers in the
/// same order.
#include "context.h"

#include <string.h>

enum {
    /// Elements per run: 4 KiB.
    RUN = 1024,
    /// Adds, times elements, below which waking other workers costs more than it saves.
    SHARED_WORK_LEAST = 1 << 16,
    SLOT_TREE = 0,
    SLOT_SLOTS = 1,
};

static int64_t at_most(int64_t a, int64_t b) { return a < b ? a : b; }

/// to[i] = left[i] + right[i]; to may be either.
static void add(int64_t count, const float *left, const float *right, float *to) {
    for (int64_t i = 0; i < count; i++) to[i] = left[i] + right[i];
}

/// The end of a chain or tree for one run of elements: v is added to the slots' values, left operand first, then kept.
/// `inner` holds the run's values of the slots that live only inside the call, RUN apart.
static void push(int64_t first, int64_t count, float *const *slots, float *inner, int32_t adds, int32_t slot, float *v) {
    for (int32_t s = slot + adds - 1; s >= slot; s--) {
        add(count, slots[s] != NULL ? slots[s] + first : inner + s * RUN, v, v);
    }
    memcpy(slots[slot] != NULL ? slots[slot] + first : inner + slot * RUN, v, (size_t)count * sizeof(float));
}

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

/// The tree of A4 over the segments of one run of elements. A stack of partial sums: when the number of leaves seen is
/// divisible by 2^l, level l is complete. Blocks of 2^k leaves, the largest power of two in `segments`, are roots.
static const float *tree_of_run(const fold_pass *run, int64_t first, int64_t count, float *stack) {
    int64_t block = run->segments & -run->segments;
    float *total = stack;
    float *levels = stack + RUN;
    for (int64_t s = 0; s < run->segments; s++) {
        const float *leaf = run->leaves + s * run->count + first;
        int64_t within = s % block;
        int64_t top = __builtin_popcountll((unsigned long long)within);
        // Each trailing one bit of `within` is a finished left sibling waiting on the stack.
        float *v = levels + top * RUN;
        memcpy(v, leaf, (size_t)count * sizeof(float));
        for (int64_t bits = within; bits & 1; bits >>= 1) {
            add(count, v - RUN, v, v - RUN);
            v -= RUN;
        }
        if (within != block - 1) continue;
        if (s == block - 1) {
            memcpy(total, v, (size_t)count * sizeof(float));
        } else {
            add(count, total, v, total);
        }
    }
    return total;
}

static void fold_runs(void *argument, int64_t begin, int64_t end, int worker) {
    const fold_pass *run = argument;
    // A root, and at most one waiting sum per level of the tree.
    float *stack = serre_scratch(run->context, worker, SLOT_TREE, 66 * RUN);
    for (int64_t first = begin; first < end; first += RUN) {
        int64_t count = at_most(RUN, end - first);
        tree_of_run(run, first, count, stack);
        push(first, count, run->slots, NULL, run->adds, run->slot, stack);
    }
}

void serre_fold(serre_context *context, int64_t count, int64_t segments, const float *leaves, float *const *slots,
                int32_t adds, int32_t slot) {
    fold_pass run = {context, count, segments, leaves, slots, adds, slot};
    serre_run(context, count, grain_for(count, segments + adds), fold_runs, &run);
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

static void sum_columns(void *argument, int64_t begin, int64_t end, int worker) {
    const column_pass *run = argument;
    float *v = serre_scratch(run->context, worker, SLOT_TREE, RUN);
    float *inner = serre_scratch(run->context, worker, SLOT_SLOTS, run->slot_count * RUN);
    for (int64_t first = begin; first < end; first += RUN) {
        int64_t count = at_most(RUN, end - first);
        for (int64_t c = 0; c < run->chain_count; c++) {
            const serre_chain *chain = &run->chains[c];
            memset(v, 0, (size_t)count * sizeof(float));
            for (int64_t t = chain->begin; t < chain->end; t++) add(count, v, run->dy + t * run->ld + first, v);
            push(first, count, run->slots, inner, chain->adds, chain->slot, v);
        }
    }
}

void serre_column_sums(serre_context *context, int64_t n, const float *dy, int64_t ld, const serre_chain *chains,
                       int64_t chain_count, float *const *slots, int64_t slot_count) {
    column_pass run = {context, dy, ld, chains, chain_count, slots, slot_count};
    int64_t rows = 0;
    for (int64_t c = 0; c < chain_count; c++) rows += chains[c].end - chains[c].begin + 1;
    // Columns are few and rows many: whole lines of columns are the smallest piece.
    int64_t grain = n * rows < SHARED_WORK_LEAST ? n : 64;
    serre_run(context, n, grain, sum_columns, &run);
}
