/// The 12 × 32 register tile of the matrix product, for AVX-512F: two panels high and two wide.
///
/// One register holds a panel's 16 columns. The order of every addition is that of the narrower tile.
#include "matmul.h"

#if SERRE_HAS_AVX2

#include <immintrin.h>

enum {
    HALF = SERRE_PANEL_ROWS,
    LANES = SERRE_PANEL_COLUMNS,
    ROWS = 2 * HALF,
    COLUMNS = 2 * LANES,
    SIZE = ROWS * COLUMNS,
};

/// For each row and each half row of the tile.
#define FOR_TILE(r, h)                                                                                                 \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)                                                  \
        _Pragma("clang loop unroll(full)") for (int h = 0; h < 2; h++)

/// Lanes of half row h that lie inside the matrix.
SERRE_INLINE uint16_t lanes_inside(const serre_tile *t, int h) {
    int inside = t->columns - h * LANES;
    return inside >= LANES ? 0xFFFF : inside <= 0 ? 0 : (uint16_t)((1u << inside) - 1);
}

/// `whole` tiles load and store all 12 × 32; others only what lies inside the matrix.
SERRE_TARGET_AVX512 SERRE_INLINE __m512 load(serre_tile_slot s, const serre_tile *t, int r, int h, bool whole) {
    const float *from = s.values + r * s.ld + h * LANES;
    if (whole) return _mm512_loadu_ps(from);
    return r < t->rows ? _mm512_maskz_loadu_ps(lanes_inside(t, h), from) : _mm512_setzero_ps();
}

SERRE_TARGET_AVX512 SERRE_INLINE void store(serre_tile_slot s, const serre_tile *t, int r, int h, bool whole, __m512 v) {
    float *to = s.values + r * s.ld + h * LANES;
    if (whole) {
        _mm512_storeu_ps(to, v);
    } else if (r < t->rows) {
        _mm512_mask_storeu_ps(to, lanes_inside(t, h), v);
    }
}

/// v ← fma(a, b, v) over `depth` k.
SERRE_TARGET_AVX512 SERRE_INLINE void multiply(const float *const a[2], const float *const b[2], int64_t depth,
                                               __m512 v[ROWS][2]) {
    const float *a0 = a[0], *a1 = a[1], *b0 = b[0], *b1 = b[1];
#pragma clang loop unroll_count(2)
    for (int64_t k = 0; k < depth; k++) {
        __m512 left = _mm512_load_ps(b0 + k * LANES), right = _mm512_load_ps(b1 + k * LANES);
#pragma clang loop unroll(full)
        for (int r = 0; r < ROWS; r++) {
            __m512 each = _mm512_set1_ps(r < HALF ? a0[k * HALF + r] : a1[k * HALF + r - HALF]);
            v[r][0] = _mm512_fmadd_ps(each, left, v[r][0]);
            v[r][1] = _mm512_fmadd_ps(each, right, v[r][1]);
        }
    }
}

SERRE_TARGET_AVX512 SERRE_INLINE void run_tile(const serre_product *p, const serre_window *w, const serre_tile *t,
                                               bool whole) {
    const float *a[2] = {t->a[0], t->a[1]}, *b[2] = {t->b[0], t->b[1]};
    if (w->outputs) serre_prefetch_outputs(p, t);
    for (const serre_fragment *f = w->fragments; f < w->fragments + w->fragment_count; f++) {
        __m512 v[ROWS][2];
        if (f->starts) {
            FOR_TILE(r, h) v[r][h] = _mm512_setzero_ps();
        } else {
            FOR_TILE(r, h) v[r][h] = _mm512_load_ps(t->record + r * COLUMNS + h * LANES);
        }
        multiply(a, b, f->depth, v);
        for (int x = 0; x < 2; x++) {
            a[x] += f->depth * HALF;
            b[x] += f->depth * LANES;
        }
        if (!f->ends) {
            FOR_TILE(r, h) _mm512_store_ps(t->record + r * COLUMNS + h * LANES, v[r][h]);
            continue;
        }
        for (int32_t slot = f->slot + f->adds - 1; slot >= f->slot; slot--) {
            serre_tile_slot left = serre_slot_of(p, t, slot, SIZE, COLUMNS);
            FOR_TILE(r, h) v[r][h] = _mm512_add_ps(load(left, t, r, h, whole), v[r][h]);
        }
        serre_tile_slot result = serre_slot_of(p, t, f->slot, SIZE, COLUMNS);
        FOR_TILE(r, h) store(result, t, r, h, whole, v[r][h]);
    }
    if (!w->last || p->bias == NULL) return;
    serre_tile_slot out = serre_slot_of(p, t, 0, SIZE, COLUMNS), bias = {(float *)p->bias + t->j, 0};
    FOR_TILE(r, h) store(out, t, r, h, whole, _mm512_add_ps(load(out, t, r, h, whole), load(bias, t, r, h, whole)));
}

SERRE_TARGET_AVX512 static void run(const serre_product *p, const serre_window *w, const serre_tile *t) {
    if (t->rows == ROWS && t->columns == COLUMNS) {
        run_tile(p, w, t, true);
    } else {
        run_tile(p, w, t, false);
    }
}

// Two panels of B in a window are 64 to 96 KiB, in the second cache, which a tile asks for only 15 bytes per cycle. With
// 256 k they would be in the first, but a record would have to be written and read again more often: as fast, and larger.
const serre_tile_kernel serre_tile_kernel_avx512 = {
    .rows = ROWS, .columns = COLUMNS, .depth = 512, .whole = 768, .run = run};

#endif
