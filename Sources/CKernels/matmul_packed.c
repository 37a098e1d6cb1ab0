/// The matrix product over packed panels: planning, blocks and parts. The arithmetic is in the register tiles.
///
/// The k that the chains cover are cut into windows. A tile goes through all fragments of chains in a window before the
/// next tile starts; between windows a small record per tile keeps what the tree still needs. Blocking decides only when
/// an element's next addition happens, never which addition it is.
#include "matmul.h"

#if SERRE_HAS_AVX2

enum {
    MR = SERRE_PANEL_ROWS,
    NR = SERRE_PANEL_COLUMNS,
    /// Rows of A packed at once: with 256 to 768 k some 200 to 600 kB, in the second cache.
    GROUP_ROWS = 192,
    /// Of a product of few columns all of B stays in the second cache, whatever its depth: with groups half as high, A is
    /// packed deeper into the same room, and a chain of up to two windows' k is not cut.
    NARROW_COLUMNS = 256,
    NARROW_GROUP_ROWS = 96,
    /// Columns of B packed at once: with as many k some 0.8 to 2.4 MB. Each group meets a panel of B once, so that it
    /// may come from the third cache; every further block of columns packs all of A again.
    BLOCK_COLUMNS = 768,
    /// Floats of records in a block, which decide its rows: 8 MiB, in the third cache.
    RECORD_BUDGET = 1 << 21,
    /// Multiply-adds below which waking other workers costs more than it saves.
    SHARED_WORK_LEAST = 1 << 18,
    SLOT_A = 0,
    SLOT_B = 1,
    SLOT_RECORDS = 2,
    SLOT_PASSING = 3,
    SLOT_PLAN = 4,
};

typedef struct {
    serre_context *context;
    const serre_product *product;
    const serre_tile_kernel *kernel;
    const serre_window *windows;
    int64_t window_count;
    /// k of all windows, and of one at most.
    int64_t depth, window_depth;
    /// See serre_tile. A record has `places` tiles' floats.
    const int32_t *place;
    int64_t places;
    /// Rows and columns of a block, at most.
    int64_t block_rows, block_columns;
    /// The parts that workers take: runs of `part` rows, or of `part` columns.
    bool parts_are_columns;
    int64_t part;
} pass;

static int64_t at_most(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t at_least(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t pieces(int64_t count, int64_t size) { return (count + size - 1) / size; }

/// The size of the pieces when `count` is cut into as few as `most` allows, all alike and multiples of `unit`.
static int64_t even(int64_t count, int64_t most, int64_t unit) {
    return pieces(pieces(count, pieces(count, most)), unit) * unit;
}

// ---------------------------------------------------------------------------------------------------------------
// The plan.

/// k per window: whole chains, or equal parts of one, going by the first chain, since most are as long. A chain somewhat
/// longer than a window is not cut: the way of its outputs to the record and back costs more than a fuller cache.
static int64_t window_depth(const pass *run) {
    const serre_product *p = run->product;
    int64_t most = run->kernel->depth;
    int64_t chain = p->chain_count > 0 ? p->chains[0].end - p->chains[0].begin : 0;
    if (chain == 0) return most;
    int64_t whole = p->n <= NARROW_COLUMNS ? 2 * most : run->kernel->whole;
    if (chain > most) return chain <= whole ? chain : even(chain, most, 1);
    return even(pieces(run->depth, chain), most / chain, 1) * chain;
}

/// Cuts the chains into windows. A product of empty chains, or of none, still has one window.
static void plan_windows(pass *run, serre_window *windows, serre_fragment *next) {
    const serre_product *p = run->product;
    int64_t most = run->window_depth;
    serre_window *current = windows;
    *current = (serre_window){.fragments = next};
    for (int64_t c = 0; c < p->chain_count; c++) {
        const serre_chain *chain = &p->chains[c];
        int64_t begin = chain->begin;
        do {
            if (current->depth == most && begin < chain->end) {
                current[1] = (serre_window){.fragments = next, .offset = current->offset + current->depth};
                current++;
            }
            int64_t depth = at_most(chain->end - begin, most - current->depth);
            *next++ = (serre_fragment){begin, depth, begin == chain->begin, begin + depth == chain->end, chain->adds,
                                       chain->slot};
            current->fragment_count++;
            current->outputs = current->outputs || (begin + depth == chain->end && chain->slot == 0);
            current->depth += depth;
            begin += depth;
        } while (begin < chain->end);
    }
    current->last = true;
    run->windows = windows;
    run->window_count = current - windows + 1;
}

/// Gives a place in the record to each slot inside the call that some window reads before it writes, and place 0 to the
/// chain that a window's end cuts, where one is cut. `written[s]` is the last window that wrote slot s.
static void plan_places(pass *run, int32_t *place, int32_t *written) {
    const serre_product *p = run->product;
    for (int64_t s = 0; s < p->slot_count; s++) place[s] = written[s] = -1;
    run->places = 0;
    for (int64_t x = 0; x < run->window_count; x++) {
        const serre_window *w = &run->windows[x];
        if (w->fragment_count > 0 && !w->fragments[w->fragment_count - 1].ends) run->places = 1;
    }
    for (int64_t x = 0; x < run->window_count; x++) {
        const serre_window *w = &run->windows[x];
        for (int64_t f = 0; f < w->fragment_count; f++) {
            const serre_fragment *fragment = &w->fragments[f];
            if (!fragment->ends) continue;
            for (int32_t s = fragment->slot; s < fragment->slot + fragment->adds; s++) {
                if (p->slots[s] == NULL && written[s] != x && place[s] < 0) place[s] = (int32_t)run->places++;
            }
            written[fragment->slot] = (int32_t)x;
        }
    }
    run->place = place;
}

static void touch_place(serre_window *w, int32_t place) {
    if (place < 0) return;
    bool first = w->places_begin == w->places_end;
    if (first || place < w->places_begin) w->places_begin = place;
    if (first || place >= w->places_end) w->places_end = place + 1;
}

/// Notes for each window which places of the record its tiles will want.
static void plan_touched_places(const pass *run, serre_window *windows) {
    for (serre_window *w = windows; w < windows + run->window_count; w++) {
        for (int64_t f = 0; f < w->fragment_count; f++) {
            const serre_fragment *fragment = &w->fragments[f];
            if (!fragment->starts || !fragment->ends) touch_place(w, 0);
            if (!fragment->ends) continue;
            touch_place(w, run->place[fragment->slot]);
            for (int32_t s = 1; s < fragment->adds; s++) touch_place(w, run->place[fragment->slot + s]);
        }
    }
}

/// Chooses blocks and the parts that workers share; returns the number of parts.
static int64_t plan_parts(pass *run) {
    const serre_product *p = run->product;
    int64_t workers = serre_context_workers(run->context);
    run->parts_are_columns = p->n >= p->m;
    int64_t unit = run->parts_are_columns ? run->kernel->columns : run->kernel->rows;
    int64_t count = run->parts_are_columns ? p->n : p->m;
    bool shared = workers > 1 && p->m * p->n * at_least(run->depth, 1) >= SHARED_WORK_LEAST;
    int64_t share = shared ? even(count, pieces(count, workers), unit) : count;
    run->block_columns = even(run->parts_are_columns ? share : p->n, BLOCK_COLUMNS, run->kernel->columns);
    int64_t rows = RECORD_BUDGET / (run->block_columns * at_least(run->places, 1)) / GROUP_ROWS * GROUP_ROWS;
    run->block_rows = at_least(rows, GROUP_ROWS);
    // A share of several blocks is handed out block by block, which packs nothing twice that was packed once: a worker
    // that comes late finds less left to do.
    run->part = shared ? even(share, run->parts_are_columns ? run->block_columns : run->block_rows, unit) : share;
    return pieces(count, run->part);
}

/// Lays the plan out in the caller's scratch.
static void plan(pass *run) {
    const serre_product *p = run->product;
    run->depth = 0;
    for (int64_t c = 0; c < p->chain_count; c++) run->depth += p->chains[c].end - p->chains[c].begin;
    run->window_depth = window_depth(run);
    // One window per `window_depth` k, and a chain cut once per window's end.
    int64_t windows = run->depth / run->window_depth + 1;
    int64_t fragments = p->chain_count + windows;
    int64_t bytes = windows * (int64_t)sizeof(serre_window) + fragments * (int64_t)sizeof(serre_fragment) +
                    2 * p->slot_count * (int64_t)sizeof(int32_t);
    serre_window *first = (serre_window *)serre_scratch(run->context, 0, SLOT_PLAN, pieces(bytes, sizeof(float)));
    serre_fragment *fragment = (serre_fragment *)(first + windows);
    int32_t *place = (int32_t *)(fragment + fragments);
    plan_windows(run, first, fragment);
    plan_places(run, place, place + p->slot_count);
    plan_touched_places(run, first);
}

// ---------------------------------------------------------------------------------------------------------------
// Blocks.

/// Rows [i, i + rows) × columns [j, j + columns).
typedef struct {
    int64_t i, j, rows, columns;
} block;

/// One operand as serre_pack_rows and serre_pack_columns want it; `step` floats lie between one k and the next.
typedef struct {
    void (*pack)(const float *, int64_t, bool, int64_t, int64_t, int64_t, float *);
    int64_t width;
    const float *source;
    int64_t ld, step, count;
    bool transposed;
} operand;

static operand rows_of(const serre_product *p, int64_t i, int64_t count) {
    bool t = p->a_transposed;
    return (operand){serre_pack_rows, MR, p->a + i * (t ? 1 : p->lda), p->lda, t ? p->lda : 1, count, t};
}

static operand columns_of(const serre_product *p, int64_t j, int64_t count) {
    bool t = p->b_transposed;
    return (operand){serre_pack_columns, NR, p->b + j * (t ? p->ldb : 1), p->ldb, t ? 1 : p->ldb, count, t};
}

/// Packs one window of an operand. Fragments whose k follow each other are packed in one go.
static void pack_window(const operand *o, const serre_window *w, float *to) {
    int64_t at = 0;
    for (int64_t f = 0; f < w->fragment_count;) {
        int64_t begin = w->fragments[f].begin, depth = 0;
        do {
            depth += w->fragments[f++].depth;
        } while (f < w->fragment_count && w->fragments[f].begin == begin + depth);
        o->pack(o->source + begin * o->step, o->ld, o->transposed, o->count, depth, w->depth * o->width,
                to + at * o->width);
        at += depth;
    }
}

/// A group of rows of a block in one window, packed.
typedef struct {
    const float *a, *b;
    float *records, *passing;
} panels;

/// Asks for what a tile keeps between windows. One tile ahead it arrives while the tile before runs; a chain's first
/// multiply-adds need it at once.
static void prefetch_record(const serre_window *w, const float *record, int64_t tile) {
    const float *end = record + w->places_end * tile;
    for (const float *x = record + w->places_begin * tile; x < end; x += SERRE_LINE_FLOATS) __builtin_prefetch(x, 1);
}

/// Each panel of B meets all panels of A before the next.
static void run_group(const pass *run, const block *o, const serre_window *w, const panels *packed) {
    const serre_tile_kernel *kernel = run->kernel;
    int64_t tile = kernel->rows * kernel->columns, record_floats = run->places * tile;
    float *record = packed->records;
    for (int64_t j = 0; j < o->columns; j += kernel->columns) {
        // A tile at the edge may have one panel where its kernel takes two: then it sees the one twice.
        const float *b = packed->b + j * w->depth;
        const float *b_next = j + NR < o->columns ? b + NR * w->depth : b;
        for (int64_t i = 0; i < o->rows; i += kernel->rows) {
            const float *a = packed->a + i * w->depth;
            serre_tile t = {
                .i = o->i + i,
                .j = o->j + j,
                .rows = (int)at_most(kernel->rows, o->rows - i),
                .columns = (int)at_most(kernel->columns, o->columns - j),
                .a = {a, i + MR < o->rows ? a + MR * w->depth : a},
                .b = {b, b_next},
                .record = record,
                .passing = packed->passing,
                .place = run->place,
            };
            record += record_floats;
            prefetch_record(w, record, tile);
            kernel->run(run->product, w, &t);
        }
    }
}

/// One block of outputs: for each window packs B's columns once, then goes through the block's rows in groups.
static void run_block(const pass *run, const block *o, int worker) {
    const serre_product *p = run->product;
    const serre_tile_kernel *kernel = run->kernel;
    int64_t tile = kernel->rows * kernel->columns;
    int64_t across = pieces(o->columns, kernel->columns);
    int64_t group_rows = even(o->rows, p->n <= NARROW_COLUMNS ? NARROW_GROUP_ROWS : GROUP_ROWS, kernel->rows);
    float *packed_a = serre_scratch(run->context, worker, SLOT_A, group_rows * run->window_depth);
    float *packed_b = serre_scratch(run->context, worker, SLOT_B, pieces(o->columns, NR) * NR * run->window_depth);
    float *records = serre_scratch(run->context, worker, SLOT_RECORDS,
                                   pieces(o->rows, kernel->rows) * across * run->places * tile);
    float *passing = serre_scratch(run->context, worker, SLOT_PASSING, p->slot_count * tile);
    operand b = columns_of(p, o->j, o->columns);
    for (int64_t x = 0; x < run->window_count; x++) {
        const serre_window *w = &run->windows[x];
        pack_window(&b, w, packed_b);
        for (int64_t i = 0; i < o->rows; i += group_rows) {
            block group = {o->i + i, o->j, at_most(group_rows, o->rows - i), o->columns};
            operand a = rows_of(p, group.i, group.rows);
            pack_window(&a, w, packed_a);
            panels packed = {packed_a, packed_b, records + i / kernel->rows * across * run->places * tile, passing};
            run_group(run, &group, w, &packed);
        }
    }
}

static void run_parts(void *argument, int64_t begin, int64_t end, int worker) {
    const pass *run = argument;
    const serre_product *p = run->product;
    for (int64_t index = begin; index < end; index++) {
        int64_t first = index * run->part;
        block part = {0, 0, p->m, p->n};
        if (run->parts_are_columns) {
            part.j = first;
            part.columns = at_most(run->part, p->n - first);
        } else {
            part.i = first;
            part.rows = at_most(run->part, p->m - first);
        }
        for (int64_t j = 0; j < part.columns; j += run->block_columns) {
            for (int64_t i = 0; i < part.rows; i += run->block_rows) {
                block o = {part.i + i, part.j + j, at_most(run->block_rows, part.rows - i),
                           at_most(run->block_columns, part.columns - j)};
                run_block(run, &o, worker);
            }
        }
    }
}

void serre_matmul_packed(serre_context *context, const serre_product *product, const serre_tile_kernel *kernel) {
    pass run = {.context = context, .product = product, .kernel = kernel};
    plan(&run);
    serre_run(context, plan_parts(&run), 1, run_parts, &run);
}

#endif
