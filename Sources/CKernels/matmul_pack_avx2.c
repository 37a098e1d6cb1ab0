/// Packing of the matrix product's operands into panels, with 8 × 8 transposes in registers.
///
/// Copies only: the bits of the operands are moved, never computed with.
#include "matmul.h"

#if SERRE_HAS_AVX2

#include <immintrin.h>
#include <string.h>

/// Runs of k that one sweep over the panels takes: short enough that the source rows of a sweep stay in the first
/// cache and its pages in the translation buffer, long enough that each panel receives whole lines.
enum { SWEEP = 8 };

static int64_t at_most(int64_t a, int64_t b) { return a < b ? a : b; }

/// Asks for one line of each of the SWEEP runs of k from `source` on, so that they arrive while the sweep before is
/// copied: runs are too short for the processor to see them coming. Asking past the operand's end does nothing.
SERRE_INLINE void prefetch_sweep(const float *source, int64_t ld) {
    for (int64_t k = 0; k < SWEEP; k++) __builtin_prefetch(source + k * ld);
}

/// Rows r[0..7] of 8 floats become columns.
SERRE_TARGET_AVX2 SERRE_INLINE void transpose8(__m256 r[8]) {
    __m256 t[8], u[8];
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i += 4) {
        u[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
        u[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xEE);
        u[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
        u[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xEE);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
        r[i] = _mm256_permute2f128_ps(u[i], u[i + 4], 0x20);
        r[i + 4] = _mm256_permute2f128_ps(u[i], u[i + 4], 0x31);
    }
}

/// A panel past whose edge the matrix ends, or the last few k: one float at a time. `along` is the step from one row (or
/// column) of the panel to the next, `step` that from one k to the next.
static void pack_slowly(const float *source, int64_t along, int64_t step, int64_t have, int64_t width, int64_t depth,
                        float *to) {
    for (int64_t k = 0; k < depth; k++) {
        for (int64_t r = 0; r < have; r++) to[k * width + r] = source[r * along + k * step];
        for (int64_t r = have; r < width; r++) to[k * width + r] = 0;
    }
}

// ---------------------------------------------------------------------------------------------------------------
// A: panels of 6 rows.

/// Rows contiguous: 6 floats for each of `depth` k. All but the last k take 8: the source goes on
/// with a row at least, and the next k overwrites the two in the panel.
SERRE_TARGET_AVX2 SERRE_INLINE void copy_sixes(const float *source, int64_t ld, int64_t depth, float *to) {
    int64_t k = 0;
    for (; k + 1 < depth; k++) _mm256_storeu_ps(to + k * 6, _mm256_loadu_ps(source + k * ld));
    _mm_storeu_ps(to + k * 6, _mm_loadu_ps(source + k * ld));
    memcpy(to + k * 6 + 4, source + k * ld + 4, 2 * sizeof(float));
}

/// k contiguous. Seven of eight stores write 8 floats for 6: the last two are the next k's place, which overwrites them.
SERRE_TARGET_AVX2 static void pack_six_rows(const float *source, int64_t ld, int64_t depth, float *to) {
    int64_t k = 0;
    for (; k + 8 <= depth; k += 8) {
        __m256 r[8];
#pragma clang loop unroll(full)
        for (int i = 0; i < 6; i++) r[i] = _mm256_loadu_ps(source + i * ld + k);
        if (k % SERRE_LINE_FLOATS == 0) {
#pragma clang loop unroll(full)
            for (int i = 6; i < 12; i++) __builtin_prefetch(source + i * ld + k);
        }
        r[6] = r[7] = _mm256_setzero_ps();
        transpose8(r);
#pragma clang loop unroll(full)
        for (int i = 0; i < 7; i++) _mm256_storeu_ps(to + (k + i) * 6, r[i]);
        _mm_storeu_ps(to + (k + 7) * 6, _mm256_castps256_ps128(r[7]));
        _mm_storel_pi((__m64 *)(to + (k + 7) * 6 + 4), _mm256_extractf128_ps(r[7], 1));
    }
    pack_slowly(source + k, ld, 1, 6, 6, depth - k, to + k * 6);
}

SERRE_TARGET_AVX2 void serre_pack_rows(const float *source, int64_t ld, bool transposed, int64_t count, int64_t depth,
                                       int64_t panel, float *to) {
    const int64_t width = SERRE_PANEL_ROWS;
    int64_t along = transposed ? 1 : ld, step = transposed ? ld : 1;
    int64_t whole = count / width, rest = count % width;
    if (!transposed) {
        for (int64_t p = 0; p < whole; p++) pack_six_rows(source + p * width * ld, ld, depth, to + p * panel);
    } else {
        for (int64_t k = 0; k < depth; k += SWEEP) {
            int64_t rows = at_most(SWEEP, depth - k);
            for (int64_t p = 0; p < whole; p++) {
                // Two panels of rows are not quite a line.
                if (p % 2 == 0) prefetch_sweep(source + (k + SWEEP) * ld + p * width, ld);
                copy_sixes(source + k * ld + p * width, ld, rows, to + p * panel + k * width);
            }
        }
    }
    if (rest > 0) pack_slowly(source + whole * width * along, along, step, rest, width, depth, to + whole * panel);
}

// ---------------------------------------------------------------------------------------------------------------
// B: panels of 16 columns.

/// k contiguous.
SERRE_TARGET_AVX2 static void pack_sixteen_columns(const float *source, int64_t ld, int64_t depth, float *to) {
    int64_t k = 0;
    for (; k + 8 <= depth; k += 8) {
        for (int half = 0; half < 16; half += 8) {
            __m256 r[8];
#pragma clang loop unroll(full)
            for (int i = 0; i < 8; i++) r[i] = _mm256_loadu_ps(source + (half + i) * ld + k);
            if (k % SERRE_LINE_FLOATS == 0) {
#pragma clang loop unroll(full)
                for (int i = 0; i < 8; i++) __builtin_prefetch(source + (16 + half + i) * ld + k);
            }
            transpose8(r);
#pragma clang loop unroll(full)
            for (int i = 0; i < 8; i++) _mm256_store_ps(to + (k + i) * 16 + half, r[i]);
        }
    }
    pack_slowly(source + k, ld, 1, 16, 16, depth - k, to + k * 16);
}

SERRE_TARGET_AVX2 SERRE_INLINE void copy_sixteen(const float *source, float *to) {
    _mm256_store_ps(to, _mm256_loadu_ps(source));
    _mm256_store_ps(to + 8, _mm256_loadu_ps(source + 8));
}

SERRE_TARGET_AVX2 void serre_pack_columns(const float *source, int64_t ld, bool transposed, int64_t count,
                                          int64_t depth, int64_t panel, float *to) {
    const int64_t width = SERRE_PANEL_COLUMNS;
    int64_t along = transposed ? ld : 1, step = transposed ? 1 : ld;
    int64_t whole = count / width, rest = count % width;
    if (transposed) {
        for (int64_t p = 0; p < whole; p++) pack_sixteen_columns(source + p * width * ld, ld, depth, to + p * panel);
    } else {
        for (int64_t k = 0; k < depth; k += SWEEP) {
            int64_t end = at_most(k + SWEEP, depth);
            for (int64_t p = 0; p < whole; p++) {
                prefetch_sweep(source + (k + SWEEP) * ld + p * width, ld);
                for (int64_t q = k; q < end; q++) copy_sixteen(source + q * ld + p * width, to + p * panel + q * width);
            }
        }
    }
    if (rest > 0) pack_slowly(source + whole * width * along, along, step, rest, width, depth, to + whole * panel);
}

#endif
