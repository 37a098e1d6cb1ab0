/// The product by OpenBLAS: the measured alternative to the exact kernels.
///
/// OpenBLAS is opened at run time because its kernel family and its threads are decided by the environment at the moment
/// it is loaded.
#include "matmul.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    ROW_MAJOR = 101,
    NO_TRANSPOSE = 111,
    TRANSPOSE = 112,
    /// Parts begin at multiples of this many rows or columns, which OpenBLAS's kernels like.
    PART_UNIT = 48,
    SLOT_LEAF = 0,
    SLOT_SLOTS = 1,
};

typedef void (*sgemm_function)(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                               const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);

typedef struct {
    sgemm_function sgemm;
    const char *config;
    const char *missing;
} library;

/// Written once, under pthread_once.
static library opened = {NULL, NULL, "OpenBLAS has not been opened"};
static pthread_once_t once = PTHREAD_ONCE_INIT;

/// Loads the library with the kernels of one family, or of its own choice for NULL; false when that fails.
static bool load(const char *family, void **handle) {
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    if (family != NULL) {
        setenv("OPENBLAS_CORETYPE", family, 1);
    } else {
        unsetenv("OPENBLAS_CORETYPE");
    }
    *handle = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (*handle == NULL) opened.missing = "libopenblas.so.0 is not installed (Debian: libopenblas0-pthread)";
    return *handle != NULL;
}

static bool is_one_of(const char *name, const char *const *names) {
    while (*names != NULL && strcasecmp(name, *names) != 0) names++;
    return *names != NULL;
}

/// The family to ask for where the library has chosen one that does not use the instruction set; NULL where it has.
/// A processor younger than the library may be given kernels of 2004.
static const char *family_instead(void *handle, serre_isa isa) {
    static const char *const avx512[] = {"SkylakeX", "Cooperlake", "SapphireRapids", NULL};
    static const char *const avx2[] = {"Haswell", "Zen", "Excavator", NULL};
    char *(*core)(void) = (char *(*)(void))dlsym(handle, "openblas_get_corename");
    if (core == NULL || isa == SERRE_ISA_SCALAR) return NULL;
    if (isa == SERRE_ISA_AVX512) return is_one_of(core(), avx512) ? NULL : avx512[0];
    return is_one_of(core(), avx2) ? NULL : avx2[0];
}

static void open_library(const char *family, serre_isa isa) {
    void *handle;
    if (!load(family, &handle)) return;
    if (family == NULL && (family = family_instead(handle, isa)) != NULL) {
        dlclose(handle);
        if (!load(family, &handle)) return;
    }
    sgemm_function sgemm = (sgemm_function)dlsym(handle, "cblas_sgemm");
    char *(*config)(void) = (char *(*)(void))dlsym(handle, "openblas_get_config");
    void (*set_threads)(int) = (void (*)(int))dlsym(handle, "openblas_set_num_threads");
    if (sgemm == NULL || config == NULL || set_threads == NULL) {
        opened.missing = "libopenblas.so.0 lacks cblas_sgemm, openblas_get_config or openblas_set_num_threads";
        return;
    }
    // Where something else loaded the library first, the environment came too late for the threads.
    set_threads(1);
    opened = (library){sgemm, config(), NULL};
}

static void open_pinned(void) { open_library("Haswell", SERRE_ISA_AVX2); }
static void open_avx512(void) { open_library(NULL, SERRE_ISA_AVX512); }
static void open_avx2(void) { open_library(NULL, SERRE_ISA_AVX2); }
static void open_any(void) { open_library(NULL, SERRE_ISA_SCALAR); }

const char *serre_blas_open(bool pinned, serre_isa isa) {
    pthread_once(&once, pinned                    ? open_pinned
                        : isa == SERRE_ISA_AVX512 ? open_avx512
                        : isa == SERRE_ISA_AVX2   ? open_avx2
                                                  : open_any);
    return opened.missing;
}

const char *serre_blas_config(void) { return opened.config; }

typedef struct {
    serre_context *context;
    const serre_product *product;
    bool parts_are_columns;
} pass;

typedef struct {
    float *values;
    int64_t ld;
} part_slot;

/// The part [i, i + m) × [j, j + n) of the outputs, and one worker's memory for it.
typedef struct {
    const serre_product *product;
    int64_t i, j, m, n;
    float *leaf, *inner;
} part;

static part_slot slot_of(const part *o, int64_t slot) {
    const serre_product *p = o->product;
    if (p->slots[slot] == NULL) return (part_slot){o->inner + slot * o->m * o->n, o->n};
    return (part_slot){p->slots[slot] + o->i * p->ldc + o->j, p->ldc};
}

static void multiply(const part *o, const serre_chain *chain, part_slot to) {
    const serre_product *p = o->product;
    int64_t depth = chain->end - chain->begin;
    const float *a = p->a + (p->a_transposed ? chain->begin * p->lda + o->i : o->i * p->lda + chain->begin);
    const float *b = p->b + (p->b_transposed ? o->j * p->ldb + chain->begin : chain->begin * p->ldb + o->j);
    opened.sgemm(ROW_MAJOR, p->a_transposed ? TRANSPOSE : NO_TRANSPOSE, p->b_transposed ? TRANSPOSE : NO_TRANSPOSE,
                 (int)o->m, (int)o->n, (int)depth, 1, a, (int)p->lda, b, (int)p->ldb, 0, to.values, (int)to.ld);
}

/// to = left + right, row by row.
static void add(const part *o, part_slot left, part_slot right, part_slot to) {
    for (int64_t r = 0; r < o->m; r++) {
        const float *x = left.values + r * left.ld, *y = right.values + r * right.ld;
        float *out = to.values + r * to.ld;
        for (int64_t c = 0; c < o->n; c++) out[c] = x[c] + y[c];
    }
}

static void run_chain(const part *o, const serre_chain *chain) {
    part_slot leaf = {o->leaf, o->n}, result = slot_of(o, chain->slot);
    if (chain->adds == 0) {
        multiply(o, chain, result);
        return;
    }
    multiply(o, chain, leaf);
    for (int32_t s = chain->slot + chain->adds - 1; s > chain->slot; s--) add(o, slot_of(o, s), leaf, leaf);
    add(o, result, leaf, result);
}

static bool adds_anything(const serre_product *p) {
    for (int64_t c = 0; c < p->chain_count; c++) {
        if (p->chains[c].adds > 0) return true;
    }
    return false;
}

static void run_part(void *argument, int64_t begin, int64_t end, int worker) {
    const pass *run = argument;
    const serre_product *p = run->product;
    part o = {.product = p, .i = 0, .j = 0, .m = p->m, .n = p->n};
    if (run->parts_are_columns) {
        o.j = begin;
        o.n = end - begin;
    } else {
        o.i = begin;
        o.m = end - begin;
    }
    if (adds_anything(p)) o.leaf = serre_scratch(run->context, worker, SLOT_LEAF, o.m * o.n);
    if (p->slot_count > 1) o.inner = serre_scratch(run->context, worker, SLOT_SLOTS, o.m * o.n * p->slot_count);
    for (int64_t c = 0; c < p->chain_count; c++) run_chain(&o, &p->chains[c]);
    if (p->bias != NULL) {
        part_slot out = slot_of(&o, 0);
        add(&o, out, (part_slot){(float *)p->bias + o.j, 0}, out);
    }
}

bool serre_matmul_blas(serre_context *context, const serre_product *product) {
    if (opened.sgemm == NULL) return false;
    if (product->m <= 0 || product->n <= 0) return true;
    pass run = {context, product, product->n >= product->m};
    int64_t count = run.parts_are_columns ? product->n : product->m;
    int64_t share = (count + serre_context_workers(context) - 1) / serre_context_workers(context);
    serre_run(context, count, (share + PART_UNIT - 1) / PART_UNIT * PART_UNIT, run_part, &run);
    return true;
}
