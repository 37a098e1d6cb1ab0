/// The 6 × 16 register tile of the matrix product, for AVX2 and FMA.
///
/// The tree's additions and the store happen while the outputs are in registers.
#include "matmul.h"

#if SERRE_HAS_AVX2

#include <immintrin.h>

enum { ROWS = SERRE_PANEL_ROWS, COLUMNS = SERRE_PANEL_COLUMNS, SIZE = ROWS * COLUMNS };

/// For each row and each half row of the tile.
#define FOR_TILE(r, h)                                                                                                 \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < ROWS; r++)                                                  \
        _Pragma("clang loop unroll(full)") for (int h = 0; h < 2; h++)

/// Lanes of half row h that lie inside the matrix.
SERRE_TARGET_AVX2 SERRE_INLINE __m256i lanes_inside(const serre_tile *t, int h) {
    __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(t->columns - h * 8), lane);
}

/// `whole` tiles load and store all 6 × 16; others only what lies inside the matrix.
SERRE_TARGET_AVX2 SERRE_INLINE __m256 load(serre_tile_slot s, const serre_tile *t, int r, int h, bool whole) {
    const float *from = s.values + r * s.ld + h * 8;
    if (whole) return _mm256_loadu_ps(from);
    return r < t->rows ? _mm256_maskload_ps(from, lanes_inside(t, h)) : _mm256_setzero_ps();
}

SERRE_TARGET_AVX2 SERRE_INLINE void store(serre_tile_slot s, const serre_tile *t, int r, int h, bool whole, __m256 v) {
    float *to = s.values + r * s.ld + h * 8;
    if (whole) {
        _mm256_storeu_ps(to, v);
    } else if (r < t->rows) {
        _mm256_maskstore_ps(to, lanes_inside(t, h), v);
    }
}

/// v ← fma(a, b, v) over `depth` k.
SERRE_TARGET_AVX2 SERRE_INLINE void multiply(const float *a, const float *b, int64_t depth, __m256 v[ROWS][2]) {
#pragma clang loop unroll_count(4)
    for (int64_t k = 0; k < depth; k++) {
        __m256 b0 = _mm256_load_ps(b + k * COLUMNS), b1 = _mm256_load_ps(b + k * COLUMNS + 8);
#pragma clang loop unroll(full)
        for (int r = 0; r < ROWS; r++) {
            __m256 each = _mm256_broadcast_ss(a + k * ROWS + r);
            v[r][0] = _mm256_fmadd_ps(each, b0, v[r][0]);
            v[r][1] = _mm256_fmadd_ps(each, b1, v[r][1]);
        }
    }
}

SERRE_TARGET_AVX2 SERRE_INLINE void run_tile(const serre_product *p, const serre_window *w, const serre_tile *t,
                                             bool whole) {
    const float *a = t->a[0], *b = t->b[0];
    if (w->outputs) serre_prefetch_outputs(p, t);
    for (const serre_fragment *f = w->fragments; f < w->fragments + w->fragment_count; f++) {
        __m256 v[ROWS][2];
        if (f->starts) {
            FOR_TILE(r, h) v[r][h] = _mm256_setzero_ps();
        } else {
            FOR_TILE(r, h) v[r][h] = _mm256_load_ps(t->record + r * COLUMNS + h * 8);
        }
        multiply(a, b, f->depth, v);
        a += f->depth * ROWS;
        b += f->depth * COLUMNS;
        if (!f->ends) {
            FOR_TILE(r, h) _mm256_store_ps(t->record + r * COLUMNS + h * 8, v[r][h]);
            continue;
        }
        for (int32_t slot = f->slot + f->adds - 1; slot >= f->slot; slot--) {
            serre_tile_slot left = serre_slot_of(p, t, slot, SIZE, COLUMNS);
            FOR_TILE(r, h) v[r][h] = _mm256_add_ps(load(left, t, r, h, whole), v[r][h]);
        }
        serre_tile_slot result = serre_slot_of(p, t, f->slot, SIZE, COLUMNS);
        FOR_TILE(r, h) store(result, t, r, h, whole, v[r][h]);
    }
    if (!w->last || p->bias == NULL) return;
    serre_tile_slot out = serre_slot_of(p, t, 0, SIZE, COLUMNS), bias = {(float *)p->bias + t->j, 0};
    FOR_TILE(r, h) store(out, t, r, h, whole, _mm256_add_ps(load(out, t, r, h, whole), load(bias, t, r, h, whole)));
}

SERRE_TARGET_AVX2 static void run(const serre_product *p, const serre_window *w, const serre_tile *t) {
    if (t->rows == ROWS && t->columns == COLUMNS) {
        run_tile(p, w, t, true);
    } else {
        run_tile(p, w, t, false);
    }
}

// A panel of B in a window is 24 KiB, in the first cache; at most 36 KiB for a chain that is not cut.
const serre_tile_kernel serre_tile_kernel_avx2 = {
    .rows = ROWS, .columns = COLUMNS, .depth = 384, .whole = 576, .run = run};

#endif
