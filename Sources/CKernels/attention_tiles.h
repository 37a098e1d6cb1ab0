/// The register tiles of attention, and the packed copies they read. Include inside a target region, after
/// ATTENTION_VECTOR, the floats in a register, and ATTENTION_ROWS, the rows of a tile.
///
/// Two packings of a head's `sequence` rows of `size` numbers:
/// *key panels*, 16 rows each, number d of the 16 rows side by side, rows past the end zero:
/// row j's number d is panel[(j/16)*16*size + d*16 + j%16];
/// *column panels*, two vectors of columns each (one in the last when that suffices), row after row, columns past the
/// end zero.
#ifndef SERRE_ATTENTION_TILES_H
#define SERRE_ATTENTION_TILES_H

#include "attention.h"
#include "matmul.h"

enum {
    TILE_ROWS = ATTENTION_ROWS,
    VECTOR = ATTENTION_VECTOR,
    /// Columns, and keys, of a tile.
    PANEL = 2 * VECTOR,
    KEY_PANEL = SERRE_PANEL_COLUMNS,
};

typedef float vector __attribute__((vector_size(VECTOR * sizeof(float))));
typedef float vector_in_memory __attribute__((vector_size(VECTOR * sizeof(float)), aligned(4), may_alias));

SERRE_INLINE vector load(const float *x) { return *(const vector_in_memory *)x; }
SERRE_INLINE void store(float *x, vector v) { *(vector_in_memory *)x = v; }

SERRE_INLINE int64_t round_up(int64_t count, int64_t multiple) { return (count + multiple - 1) / multiple * multiple; }
SERRE_INLINE int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
SERRE_INLINE int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

SERRE_INLINE vector splat(float x) { return (vector)(x - (vector){0}); }

/// Calls tile(rows, ...) with `rows` ≤ TILE_ROWS as a constant, so that the tile's accumulators become registers.
#define WITH_FEW_ROWS(tile, ...)          \
    case 1: tile(1, __VA_ARGS__); break;  \
    case 2: tile(2, __VA_ARGS__); break;  \
    case 3: tile(3, __VA_ARGS__); break;  \
    case 4: tile(4, __VA_ARGS__); break;  \
    case 5: tile(5, __VA_ARGS__); break;
#if ATTENTION_ROWS > 6
#define WITH_MORE_ROWS(tile, ...)          \
    case 6: tile(6, __VA_ARGS__); break;   \
    case 7: tile(7, __VA_ARGS__); break;   \
    case 8: tile(8, __VA_ARGS__); break;   \
    case 9: tile(9, __VA_ARGS__); break;   \
    case 10: tile(10, __VA_ARGS__); break; \
    case 11: tile(11, __VA_ARGS__); break;
#else
#define WITH_MORE_ROWS(tile, ...)
#endif
#define WITH_ROWS(rows, tile, ...)                \
    switch (rows) {                               \
        WITH_FEW_ROWS(tile, __VA_ARGS__)          \
        WITH_MORE_ROWS(tile, __VA_ARGS__)         \
    default: tile(TILE_ROWS, __VA_ARGS__); break; \
    }

// ---------------------------------------------------------------------------------------------------------------
// Packing.

/// Whole tiles of key panels.
static void pack_key_panels(const float *x, int64_t ld, int64_t sequence, int64_t size, float *panels) {
    serre_pack_columns(x, ld, true, sequence, size, KEY_PANEL * size, panels);
    int64_t packed = round_up(sequence, KEY_PANEL), padded = round_up(sequence, PANEL);
    memset(panels + packed * size, 0, (size_t)((padded - packed) * size) * sizeof(float));
}

/// Columns of the panel that begins at `column`: 16, or 8 when no more than 8 are left.
SERRE_INLINE int64_t panel_width(int64_t column, int64_t size) { return size - column > VECTOR ? PANEL : VECTOR; }

/// Packs `count` rows, from x on, as rows `first` and on of panels for `sequence`.
static void pack_column_rows(const float *x, int64_t ld, int64_t sequence, int64_t size, int64_t first, int64_t count,
                             float *panels) {
    for (int64_t column = 0; column < size; column += PANEL) {
        int64_t width = panel_width(column, size), inside = smaller(width, size - column);
        float *panel = panels + column * sequence + first * width;
        for (int64_t row = 0; row < count; row++) {
            if (inside == PANEL) {
                memcpy(panel + row * PANEL, x + row * ld + column, PANEL * sizeof(float));
                continue;
            }
            for (int64_t c = 0; c < inside; c++) panel[row * width + c] = x[row * ld + column + c];
            for (int64_t c = inside; c < width; c++) panel[row * width + c] = 0;
        }
    }
}

static void pack_column_panels(const float *x, int64_t ld, int64_t sequence, int64_t size, float *panels) {
    pack_column_rows(x, ld, sequence, size, 0, sequence, panels);
}

/// Packs `count` rows, from x on, as rows `first` and on of key panels: those of a panel that is begun one by one.
static void pack_key_rows(const float *x, int64_t ld, int64_t size, int64_t first, int64_t count, float *panels) {
    int64_t row = 0;
    for (; row < count && ((first + row) % KEY_PANEL != 0 || count - row < KEY_PANEL); row++) {
        int64_t place = first + row;
        float *to = panels + place / KEY_PANEL * KEY_PANEL * size + place % KEY_PANEL;
        for (int64_t d = 0; d < size; d++) to[d * KEY_PANEL] = x[row * ld + d];
    }
    if (row < count) {
        serre_pack_columns(x + row * ld, ld, true, count - row, size, KEY_PANEL * size, panels + (first + row) * size);
    }
}

/// The way back from column panels, times `factor`.
static void unpack_column_panels(const float *panels, int64_t sequence, int64_t size, float factor, float *x,
                                 int64_t ld) {
    for (int64_t column = 0; column < size; column += PANEL) {
        int64_t width = panel_width(column, size), inside = smaller(width, size - column);
        const float *panel = panels + column * sequence;
        for (int64_t row = 0; row < sequence; row++) {
            for (int64_t c = 0; c < inside; c++) x[row * ld + column + c] = factor * panel[row * width + c];
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Tiles.

/// dots[r, 0 ..< PANEL] = chain over d of fma(a[r, d], the keys' d, ·).
SERRE_INLINE void dot_tile(int rows, const float *a, int64_t lda, const float *panel, int64_t depth, float *dots,
                           int64_t ld) {
    vector sums[TILE_ROWS][2] = {0};
    // The second vector is the rest of the same key panel, or the next one.
    const float *second = panel + (VECTOR < KEY_PANEL ? VECTOR : KEY_PANEL * depth);
    for (int64_t d = 0; d < depth; d++) {
        vector left = load(panel + d * KEY_PANEL), right = load(second + d * KEY_PANEL);
        for (int r = 0; r < rows; r++) {
            vector factor = splat(a[r * lda + d]);
            sums[r][0] = __builtin_elementwise_fma(factor, left, sums[r][0]);
            sums[r][1] = __builtin_elementwise_fma(factor, right, sums[r][1]);
        }
    }
    for (int r = 0; r < rows; r++) {
        store(dots + r * ld, sums[r][0]);
        store(dots + r * ld + VECTOR, sums[r][1]);
    }
}

/// sums[r] = fma(weights[r * stride], row, sums[r]) for the r in first ... last.
SERRE_INLINE void accumulate_row(vector sums[TILE_ROWS][2], int rows, int vectors, const float *weights,
                                 int64_t stride, const float *row, int64_t first, int64_t last) {
    vector parts[2];
    for (int part = 0; part < vectors; part++) parts[part] = load(row + part * VECTOR);
    for (int r = 0; r < rows; r++) {
        if (r < first || r > last) continue;
        vector weight = splat(weights[r * stride]);
        for (int part = 0; part < vectors; part++) {
            sums[r][part] = __builtin_elementwise_fma(weight, parts[part], sums[r][part]);
        }
    }
}

/// Queries i ... i + rows − 1: out[r, c] = factor * chain over j ≤ i + r of fma(weights[r, j], panel[j, c], ·), for the
/// first `columns` columns of the panel. A factor of 1 changes no bit.
SERRE_INLINE void query_tile(int rows, int vectors, int64_t i, const float *weights, int64_t ld, const float *panel,
                             float factor, int64_t columns, float *out, int64_t ld_out) {
    vector sums[TILE_ROWS][2] = {0};
    int64_t width = vectors * VECTOR;
    for (int64_t j = 0; j <= i; j++) {
        accumulate_row(sums, rows, vectors, weights + j, ld, panel + j * width, 0, TILE_ROWS);
    }
    for (int64_t j = i + 1; j < i + rows; j++) {
        accumulate_row(sums, rows, vectors, weights + j, ld, panel + j * width, j - i, TILE_ROWS);
    }
    for (int r = 0; r < rows; r++) {
        float row[PANEL];
        for (int part = 0; part < vectors; part++) store(row + part * VECTOR, factor * sums[r][part]);
        for (int64_t c = 0; c < columns; c++) out[r * ld_out + c] = row[c];
    }
}

/// Keys j ... j + rows − 1: continues sums[r, ·] with fma(weights[i, r], panel[i, ·], ·) over the queries i in
/// [begin, end) with i ≥ j + r. Row i of weights and of the panel counts from `begin`.
SERRE_INLINE void key_tile(int rows, int vectors, int64_t j, int64_t begin, int64_t end, const float *weights,
                           int64_t ld, const float *panel, float *continued) {
    vector sums[TILE_ROWS][2];
    int64_t width = vectors * VECTOR, i = larger(begin, j), full = smaller(end, larger(begin, j + rows - 1));
    for (int r = 0; r < rows; r++) {
        for (int part = 0; part < vectors; part++) sums[r][part] = load(continued + r * width + part * VECTOR);
    }
    for (; i < full; i++) {
        accumulate_row(sums, rows, vectors, weights + (i - begin) * ld, 1, panel + (i - begin) * width, 0, i - j);
    }
    for (; i < end; i++) {
        accumulate_row(sums, rows, vectors, weights + (i - begin) * ld, 1, panel + (i - begin) * width, 0, TILE_ROWS);
    }
    for (int r = 0; r < rows; r++) {
        for (int part = 0; part < vectors; part++) store(continued + r * width + part * VECTOR, sums[r][part]);
    }
}

#endif
