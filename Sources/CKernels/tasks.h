/// How one task body becomes a scalar and an AVX2 task.
///
/// A kernel is written once, as an inline body in plain C whose operations are spelled out one by one. SERRE_TASK
/// compiles it twice, and the compiler vectorises each copy as far as its instruction set reaches. Bits cannot differ:
/// both copies hold the same IEEE operations in the same order.
#ifndef SERRE_TASKS_H
#define SERRE_TASKS_H

#include "context.h"

#if SERRE_HAS_AVX2
/// Defines body_scalar and body_avx2 from `body`, an inline function with a task's signature.
#define SERRE_TASK(body)                                                                                   \
    static void body##_scalar(void *argument, int64_t begin, int64_t end, int worker) {                    \
        body(argument, begin, end, worker);                                                                \
    }                                                                                                      \
    SERRE_TARGET_AVX2 static void body##_avx2(void *argument, int64_t begin, int64_t end, int worker) {    \
        body(argument, begin, end, worker);                                                                \
    }
#define SERRE_PICK(context, body) (serre_context_isa(context) >= SERRE_ISA_AVX2 ? body##_avx2 : body##_scalar)
#else
#define SERRE_TASK(body)                                                                                   \
    static void body##_scalar(void *argument, int64_t begin, int64_t end, int worker) {                    \
        body(argument, begin, end, worker);                                                                \
    }
#define SERRE_PICK(context, body) ((void)(context), body##_scalar)
#endif

/// Before a loop whose iterations touch only elements of their own index, where an output may be an input: without this
/// the compiler keeps the vector loop for arrays that do not overlap.
#define SERRE_ELEMENTWISE _Pragma("clang loop vectorize(assume_safety)")

/// Rows per piece such that a piece is worth a worker's attention.
SERRE_INLINE int64_t rows_per_piece(int64_t elements_per_row) {
    enum { ELEMENTS = 8192 };
    return elements_per_row >= ELEMENTS ? 1 : ELEMENTS / (elements_per_row < 1 ? 1 : elements_per_row);
}

#endif
