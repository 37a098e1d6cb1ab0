/// How one task body becomes a scalar, an AVX2 and an AVX-512 task.
///
/// A kernel is written once, as an inline body in plain C whose operations are spelled out one by one. SERRE_TASK
/// compiles it for each instruction set, and the compiler vectorises each copy as far as its instruction set reaches.
/// Bits cannot differ: all copies hold the same IEEE operations in the same order.
#ifndef SERRE_TASKS_H
#define SERRE_TASKS_H

#include "context.h"

#define SERRE_TASK_COPY(target, body, suffix)                                                \
    target static void body##_##suffix(void *argument, int64_t begin, int64_t end, int worker) { \
        body(argument, begin, end, worker);                                                      \
    }

#if SERRE_HAS_AVX2
/// Defines body_scalar, body_avx2 and body_avx512 from `body`, an inline function with a task's signature.
#define SERRE_TASK(body)                               \
    SERRE_TASK_COPY(, body, scalar)                    \
    SERRE_TASK_COPY(SERRE_TARGET_AVX2, body, avx2)     \
    SERRE_TASK_COPY(SERRE_TARGET_AVX512, body, avx512)
#define SERRE_PICK(context, body) serre_task_for(serre_context_isa(context), body##_scalar, body##_avx2, body##_avx512)

SERRE_INLINE serre_task serre_task_for(serre_isa isa, serre_task scalar, serre_task avx2, serre_task avx512) {
    return isa == SERRE_ISA_AVX512 ? avx512 : isa == SERRE_ISA_AVX2 ? avx2 : scalar;
}
#else
#define SERRE_TASK(body) SERRE_TASK_COPY(, body, scalar)
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
