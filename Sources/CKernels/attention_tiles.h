/// The register tiles of AVX2 attention, and the packed copies they read. Include inside an AVX2 target region.
///
/// Two packings of a head's `sequence` rows of `size` numbers:
/// *key panels*, 16 rows each, number d of the 16 rows side by side, rows past the end zero:
/// row j's number d is panel[(j/16)*16*size + d*16 + j%16];
/// *column panels*, 16 columns each (8 in the last when that suffices), row after row, columns past the end zero.
#ifndef SERRE_ATTENTION_TILES_H
#define SERRE_ATTENTION_TILES_H

#include "attention.h"

enum {
    /// Rows of a tile: 6 × 2 accumulators leave registers for two operands and a broadcast.
    TILE_ROWS = 6,
    PANEL = 16,
    VECTOR = 8,
};

typedef float vector __attribute__((vector_size(VECTOR * sizeof(float))));
typedef float vector_in_memory __attribute__((vector_size(VECTOR * sizeof(float)), aligned(4), may_alias));

SERRE_INLINE vector load(const float *x) { return *(const vector_in_memory *)x; }
SERRE_INLINE void store(float *x, vector v) { *(vector_in_memory *)x = v; }

SERRE_INLINE int64_t round_up(int64_t count, int64_t multiple) { return (count + multiple - 1) / multiple * multiple; }
SERRE_INLINE int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
SERRE_INLINE int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

SERRE_INLINE vector splat(float x) { return (vector){x, x, x, x, x, x, x, x}; }

/// Calls tile(rows, ...) with `rows` ≤ TILE_ROWS as a constant, so that the tile's accumulators become registers.
#define WITH_ROWS(rows, tile, ...)                      \
    switch (rows) {                                     \
    case 1: tile(1, __VA_ARGS__); break;                \
    case 2: tile(2, __VA_ARGS__); break;                \
    case 3: tile(3, __VA_ARGS__); break;                \
    case 4: tile(4, __VA_ARGS__); break;                \
    case 5: tile(5, __VA_ARGS__); break;                \
    default: tile(TILE_ROWS, __VA_ARGS__); break;       \
    }

// ---------------------------------------------------------------------------------------------------------------
// Packing.

static void pack_key_panels(const float *x, int64_t ld, int64_t sequence, int64_t size, float *panels) {
    for (int64_t first = 0; first < sequence; first += PANEL) {
        float *panel = panels + first * size;
        for (int64_t lane = 0; lane < PANEL; lane++) {
            const float *row = x + (first + lane) * ld;
            bool inside = first + lane < sequence;
            for (int64_t d = 0; d < size; d++) panel[d * PANEL + lane] = inside ? row[d] : 0.0f;
        }
    }
}

/// Columns of the panel that begins at `column`: 16, or 8 when no more than 8 are left.
SERRE_INLINE int64_t panel_width(int64_t column, int64_t size) { return size - column > VECTOR ? PANEL : VECTOR; }

static void pack_column_panels(const float *x, int64_t ld, int64_t sequence, int64_t size, float *panels) {
    for (int64_t column = 0; column < size; column += PANEL) {
        int64_t width = panel_width(column, size), inside = smaller(width, size - column);
        float *panel = panels + column * sequence;
        for (int64_t row = 0; row < sequence; row++) {
            for (int64_t c = 0; c < inside; c++) panel[row * width + c] = x[row * ld + column + c];
            for (int64_t c = inside; c < width; c++) panel[row * width + c] = 0;
        }
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

/// dots[r, 0 ..< 16] = chain over d of fma(a[r, d], panel[d, ·], ·).
SERRE_INLINE void dot_tile(int rows, const float *a, int64_t lda, const float *panel, int64_t depth, float *dots,
                           int64_t ld) {
    vector sums[TILE_ROWS][2] = {0};
    for (int64_t d = 0; d < depth; d++) {
        vector left = load(panel + d * PANEL), right = load(panel + d * PANEL + VECTOR);
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
