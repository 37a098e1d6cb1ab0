/// The worker pool and its scratch memory.
///
/// A pass is announced by a generation number. Workers look for it for some microseconds, because passes follow each
/// other closely, then sleep on a condition variable: an idle context costs nothing.
#include "context.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__x86_64__)
#include <immintrin.h>
#else
#include <fenv.h>
#endif

enum {
    /// Looks at the generation before a worker sleeps: some 20 to 50 µs.
    SPINS = 1000,
    /// Pieces per worker: enough that a delayed worker does not hold up the pass, few enough to keep pieces long.
    PIECES_PER_WORKER = 4,
    /// Bytes of a cache line, and the alignment of all scratch.
    LINE = 64,
    /// Bytes of a huge page, in which scratch of three quarters of one and more lies.
    HUGE_PAGE = 2 << 20,
};

typedef struct {
    float *memory;
    int64_t floats;
} scratch_slot;

/// One worker's own state, on lines of its own.
typedef struct {
    _Alignas(LINE) serre_context *context;
    pthread_t thread;
    int index;
    scratch_slot scratch[SERRE_SCRATCH_SLOTS];
} worker_state;

/// What each worker does once per generation.
typedef void (*worker_job)(serre_context *context, void *argument, int worker);

struct serre_context {
    serre_isa isa;
    int workers;
    /// Threads beside the caller that have started.
    int started;
    worker_state *states;
    pthread_mutex_t mutex;
    pthread_cond_t wake, done;
    worker_job job;
    void *argument;
    bool quit;
    _Alignas(LINE) atomic_uint_fast64_t generation;
    _Alignas(LINE) atomic_int busy;
    _Alignas(LINE) atomic_int_fast64_t next_piece;
};

// ---------------------------------------------------------------------------------------------------------------
// The pool.

static void pause_briefly(void) {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/// Returns when the generation is no longer `seen`.
static uint_fast64_t wait_for_generation(serre_context *context, uint_fast64_t seen) {
    for (int spin = 0; spin < SPINS; spin++) {
        uint_fast64_t now = atomic_load_explicit(&context->generation, memory_order_acquire);
        if (now != seen) return now;
        pause_briefly();
    }
    pthread_mutex_lock(&context->mutex);
    uint_fast64_t now;
    while ((now = atomic_load_explicit(&context->generation, memory_order_acquire)) == seen) {
        pthread_cond_wait(&context->wake, &context->mutex);
    }
    pthread_mutex_unlock(&context->mutex);
    return now;
}

static void *worker_main(void *argument) {
    worker_state *state = argument;
    serre_context *context = state->context;
    uint_fast64_t seen = 0;
    for (;;) {
        seen = wait_for_generation(context, seen);
        if (context->quit) return NULL;
        context->job(context, context->argument, state->index);
        if (atomic_fetch_sub_explicit(&context->busy, 1, memory_order_acq_rel) == 1) {
            pthread_mutex_lock(&context->mutex);
            pthread_cond_signal(&context->done);
            pthread_mutex_unlock(&context->mutex);
        }
    }
}

static void announce_generation(serre_context *context) {
    pthread_mutex_lock(&context->mutex);
    atomic_fetch_add_explicit(&context->generation, 1, memory_order_release);
    pthread_cond_broadcast(&context->wake);
    pthread_mutex_unlock(&context->mutex);
}

/// Runs `job` once on every worker; the caller is worker 0.
static void run_on_each(serre_context *context, worker_job job, void *argument) {
    context->job = job;
    context->argument = argument;
    atomic_store_explicit(&context->busy, context->started, memory_order_relaxed);
    announce_generation(context);
    job(context, argument, 0);
    for (int spin = 0; spin < SPINS; spin++) {
        if (atomic_load_explicit(&context->busy, memory_order_acquire) == 0) return;
        pause_briefly();
    }
    pthread_mutex_lock(&context->mutex);
    while (atomic_load_explicit(&context->busy, memory_order_acquire) != 0) {
        pthread_cond_wait(&context->done, &context->mutex);
    }
    pthread_mutex_unlock(&context->mutex);
}

// ---------------------------------------------------------------------------------------------------------------
// Passes.

typedef struct {
    int64_t count, piece;
    serre_task task;
    void *argument;
} pass;

static void take_pieces(serre_context *context, void *argument, int worker) {
    const pass *running = argument;
    for (;;) {
        int64_t index = atomic_fetch_add_explicit(&context->next_piece, 1, memory_order_relaxed);
        int64_t begin = index * running->piece;
        if (begin >= running->count) return;
        int64_t left = running->count - begin;
        int64_t length = left < running->piece ? left : running->piece;
        running->task(running->argument, begin, begin + length, worker);
    }
}

void serre_run(serre_context *context, int64_t count, int64_t grain, serre_task task, void *argument) {
    if (count <= 0) return;
    if (context->workers == 1 || count <= grain) {
        task(argument, 0, count, 0);
        return;
    }
    int64_t grains = (count + grain - 1) / grain;
    int64_t per_piece = grains / ((int64_t)context->workers * PIECES_PER_WORKER);
    pass running = {count, (per_piece < 1 ? 1 : per_piece) * grain, task, argument};
    atomic_store_explicit(&context->next_piece, 0, memory_order_relaxed);
    run_on_each(context, take_pieces, &running);
}

// ---------------------------------------------------------------------------------------------------------------
// Scratch.

float *serre_scratch(serre_context *context, int worker, int slot, int64_t floats) {
    scratch_slot *held = &context->states[worker].scratch[slot];
    if (floats <= held->floats && held->memory != NULL) return held->memory;
    free(held->memory);
    // Whole lines, so that vector loads past a tail stay inside. A packed operand of a megabyte is 256 small pages, which
    // push those of the matrices out of the translation buffer.
    size_t wanted = (size_t)floats * sizeof(float) + 1;
    size_t page = wanted < HUGE_PAGE / 4 * 3 ? LINE : HUGE_PAGE;
    size_t bytes = (wanted + page - 1) / page * page;
    held->memory = aligned_alloc(page, bytes);
    if (held->memory == NULL) {
        fprintf(stderr, "serre: out of memory: %zu bytes of kernel scratch\n", bytes);
        abort();
    }
#if defined(MADV_HUGEPAGE)
    if (page == HUGE_PAGE) (void)madvise(held->memory, bytes, MADV_HUGEPAGE);
#endif
    held->floats = (int64_t)(bytes / sizeof(float));
    return held->memory;
}

int64_t serre_context_scratch_bytes(const serre_context *context) {
    int64_t floats = 0;
    for (int worker = 0; worker < context->workers; worker++) {
        for (int slot = 0; slot < SERRE_SCRATCH_SLOTS; slot++) {
            floats += context->states[worker].scratch[slot].floats;
        }
    }
    return floats * (int64_t)sizeof(float);
}

// ---------------------------------------------------------------------------------------------------------------
// Life.

serre_isa serre_isa_best(void) {
#if SERRE_HAS_AVX2
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return __builtin_cpu_supports("avx512f") ? SERRE_ISA_AVX512 : SERRE_ISA_AVX2;
    }
#endif
    return SERRE_ISA_SCALAR;
}

static bool processor_has(serre_isa isa) { return isa <= serre_isa_best(); }

serre_context *serre_context_create(serre_isa isa, int workers) {
    if (workers < 1 || !processor_has(isa)) return NULL;
    serre_context *context = aligned_alloc(LINE, sizeof(serre_context));
    if (context == NULL) return NULL;
    memset(context, 0, sizeof(*context));
    context->isa = isa;
    context->workers = workers;
    pthread_mutex_init(&context->mutex, NULL);
    pthread_cond_init(&context->wake, NULL);
    pthread_cond_init(&context->done, NULL);
    context->states = aligned_alloc(LINE, (size_t)workers * sizeof(worker_state));
    if (context->states == NULL) {
        serre_context_destroy(context);
        return NULL;
    }
    memset(context->states, 0, (size_t)workers * sizeof(worker_state));
    for (int index = 1; index < workers; index++) {
        worker_state *state = &context->states[index];
        state->context = context;
        state->index = index;
        if (pthread_create(&state->thread, NULL, worker_main, state) != 0) {
            serre_context_destroy(context);
            return NULL;
        }
        context->started++;
    }
    return context;
}

void serre_context_destroy(serre_context *context) {
    if (context == NULL) return;
    context->quit = true;
    announce_generation(context);
    for (int index = 1; index <= context->started; index++) pthread_join(context->states[index].thread, NULL);
    for (int worker = 0; context->states != NULL && worker < context->workers; worker++) {
        for (int slot = 0; slot < SERRE_SCRATCH_SLOTS; slot++) free(context->states[worker].scratch[slot].memory);
    }
    free(context->states);
    pthread_cond_destroy(&context->done);
    pthread_cond_destroy(&context->wake);
    pthread_mutex_destroy(&context->mutex);
    free(context);
}

serre_isa serre_context_isa(const serre_context *context) { return context->isa; }

int serre_context_workers(const serre_context *context) { return context->workers; }

// ---------------------------------------------------------------------------------------------------------------
// The floating-point control register.

static bool control_is_ieee(void) {
#if defined(__x86_64__)
    // MXCSR: flush to zero (15), rounding (14, 13), exception masks (12 to 7), subnormals as zero (6).
    return (_mm_getcsr() & 0xFFC0u) == 0x1F80u;
#else
    volatile float smallest_normal = 0x1p-126f;
    volatile float half = smallest_normal * 0.5f;
    return fegetround() == FE_TONEAREST && half != 0.0f;
#endif
}

static void check_control(serre_context *context, void *argument, int worker) {
    (void)context;
    bool *answers = argument;
    answers[worker] = control_is_ieee();
}

bool serre_context_control_is_ieee(serre_context *context) {
    bool answers[context->workers];
    run_on_each(context, check_control, answers);
    bool all = true;
    for (int worker = 0; worker < context->workers; worker++) all = all && answers[worker];
    return all;
}

const char *serre_compiler(void) { return __VERSION__; }
