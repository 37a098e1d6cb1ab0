/// Private to the matrix product: its implementations, and what the packed ones share.
#ifndef SERRE_MATMUL_H
#define SERRE_MATMUL_H

#include "context.h"

/// Plain loops, one output element at a time: the specification.
void serre_matmul_scalar(serre_context *context, const serre_product *product);

#if SERRE_HAS_AVX2

// ---------------------------------------------------------------------------------------------------------------
// Panels: packed operands.

/// Rows of A, and columns of B, in a panel.
enum { SERRE_PANEL_ROWS = 6, SERRE_PANEL_COLUMNS = 16 };

/// A packed operand is a row of panels, `panel` floats apart; a panel holds, for each of `depth` k in turn, 6 rows of A
/// that are neighbours, or 16 columns of B. What lies past the edge of the matrix is +0. `count` is the rows (columns)
/// to pack, `source` the first one's element at the first k, laid out as serre_product says of a (b).
///
/// For columns `to` is 64-byte aligned and `panel` a multiple of 16.
void serre_pack_rows(const float *source, int64_t ld, bool transposed, int64_t count, int64_t depth, int64_t panel,
                     float *to);
void serre_pack_columns(const float *source, int64_t ld, bool transposed, int64_t count, int64_t depth, int64_t panel,
                        float *to);

// ---------------------------------------------------------------------------------------------------------------
// Windows: the chains' k, cut so that a panel stays in the first or second cache.

/// A piece of a chain inside one window.
typedef struct {
    int64_t begin, depth;
    /// The chain's first and last piece. Between windows an unfinished chain waits in its tile's record.
    bool starts, ends;
    int32_t adds, slot;
} serre_fragment;

typedef struct {
    const serre_fragment *fragments;
    int64_t fragment_count;
    /// k before this window, and in it.
    int64_t offset, depth;
    /// The record's places (see serre_tile) that a tile may read or write in this window.
    int32_t places_begin, places_end;
    /// Some chain ends in slot 0: the caller's memory will be wanted.
    bool outputs;
    bool last;
} serre_window;

// ---------------------------------------------------------------------------------------------------------------
// Register tiles.

typedef struct {
    float *values;
    int64_t ld;
} serre_tile_slot;

/// One tile of outputs: rows [i, i + rows) and columns [j, j + columns), not larger than its kernel's registers.
typedef struct {
    int64_t i, j;
    int rows, columns;
    /// The window's panels: one or two of each, as the kernel is one or two panels high and wide.
    const float *a[2], *b[2];
    /// Slots inside the call that carry values from one window to the next lie in `record`, one of its own per tile;
    /// the others in `passing`, which all tiles use in turn. place[s] is s's place in the record, or −1. Where
    /// a window's end cuts a chain, place 0 belongs to the unfinished chain.
    float *record, *passing;
    const int32_t *place;
} serre_tile;

/// Takes one tile through all fragments of a window, and adds the bias after the last one.
typedef void (*serre_tile_function)(const serre_product *product, const serre_window *window, const serre_tile *tile);

typedef struct {
    /// Outputs in registers: multiples of the panels' sizes, at most twice.
    int64_t rows, columns;
    /// k in a window, at most; and in the window of a chain that is not cut.
    int64_t depth, whole;
    serre_tile_function run;
} serre_tile_kernel;

/// `size` floats is a whole tile.
SERRE_INLINE serre_tile_slot serre_slot_of(const serre_product *p, const serre_tile *t, int64_t slot, int64_t size,
                                           int64_t columns) {
    if (p->slots[slot] != NULL) return (serre_tile_slot){p->slots[slot] + t->i * p->ldc + t->j, p->ldc};
    if (t->place[slot] < 0) return (serre_tile_slot){t->passing + slot * size, columns};
    return (serre_tile_slot){t->record + t->place[slot] * size, columns};
}

/// Floats of a cache line.
enum { SERRE_LINE_FLOATS = 16 };

/// Asks for slot 0's rows of a tile, so that they arrive while the chains run.
SERRE_INLINE void serre_prefetch_outputs(const serre_product *p, const serre_tile *t) {
    const float *row = p->slots[0] + t->i * p->ldc + t->j;
    for (int r = 0; r < t->rows; r++, row += p->ldc) {
        for (int c = 0; c < t->columns; c += SERRE_LINE_FLOATS) __builtin_prefetch(row + c, 1);
        __builtin_prefetch(row + t->columns - 1, 1);
    }
}

void serre_matmul_packed(serre_context *context, const serre_product *product, const serre_tile_kernel *kernel);

/// 6 × 16 floats in 12 of 16 registers of 8; 12 × 32 in 24 of 32 registers of 16.
extern const serre_tile_kernel serre_tile_kernel_avx2, serre_tile_kernel_avx512;

#endif
#endif
