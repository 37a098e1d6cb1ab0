/// What every kernel file builds on: the worker pool, per-worker scratch, and the marks that let one file hold code for
/// an instruction set that the rest of the build does not assume.
#ifndef SERRE_CONTEXT_H
#define SERRE_CONTEXT_H

#include "serre_kernels.h"

#include <stddef.h>

// A fused multiply-add stands only where the source says so. This repeats -ffp-contract=off for builds without our flags.
#pragma clang fp contract(off)

#if defined(__x86_64__)
#define SERRE_HAS_AVX2 1
#define SERRE_TARGET_AVX2 __attribute__((target("avx2,fma")))
#define SERRE_TARGET_AVX512 __attribute__((target("avx2,fma,avx512f")))
#else
#define SERRE_HAS_AVX2 0
#endif

/// For small functions that must melt into a caller with a target attribute of its own.
#define SERRE_INLINE static inline __attribute__((always_inline))

/// One piece of a pass: the elements [begin, end). `worker` is in 0 ..< serre_context_workers(context).
typedef void (*serre_task)(void *argument, int64_t begin, int64_t end, int worker);

/// Cuts [0, count) into contiguous pieces, each a multiple of `grain` ≥ 1 long but the last, gives them to the workers
/// as they come free, and returns when all are done. Runs on the caller alone when there is one worker, or when
/// count ≤ grain. Tasks must not call serre_run. Which worker takes which piece varies: a task's outputs must depend
/// on neither the cut nor `worker`.
void serre_run(serre_context *context, int64_t count, int64_t grain, serre_task task, void *argument);

enum { SERRE_SCRATCH_SLOTS = 8 };

/// At least `floats` floats, 64-byte aligned, owned by `worker`; slot in 0 ..< SERRE_SCRATCH_SLOTS. The content is what
/// the last user left, and lives until the next request for the same worker and slot. A worker may ask inside its
/// task; the caller of a pass may ask for any worker's outside of serre_run. Ends the process when memory lacks.
float *serre_scratch(serre_context *context, int worker, int slot, int64_t floats);

#endif
