/// The matrix product as plain loops: what the other implementations must equal bit for bit.
#include "matmul.h"

enum { SLOT_VALUES = 0 };

typedef struct {
    serre_context *context;
    const serre_product *product;
} pass;

static float chain_value(const serre_product *p, const serre_chain *chain, int64_t i, int64_t j) {
    float v = 0;
    for (int64_t k = chain->begin; k < chain->end; k++) {
        float a = p->a_transposed ? p->a[k * p->lda + i] : p->a[i * p->lda + k];
        float b = p->b_transposed ? p->b[j * p->ldb + k] : p->b[k * p->ldb + j];
        v = __builtin_fmaf(a, b, v);
    }
    return v;
}

/// One output element: all chains in order. `values` holds the element's slots that live only inside the call.
static void compute_element(const serre_product *p, int64_t i, int64_t j, float *values) {
    for (int64_t c = 0; c < p->chain_count; c++) {
        const serre_chain *chain = &p->chains[c];
        float v = chain_value(p, chain, i, j);
        for (int32_t s = chain->slot + chain->adds - 1; s >= chain->slot; s--) {
            float left = p->slots[s] != NULL ? p->slots[s][i * p->ldc + j] : values[s];
            v = left + v;
        }
        if (p->slots[chain->slot] != NULL) {
            p->slots[chain->slot][i * p->ldc + j] = v;
        } else {
            values[chain->slot] = v;
        }
    }
    if (p->bias != NULL) {
        float *out = &p->slots[0][i * p->ldc + j];
        *out = *out + p->bias[j];
    }
}

static void compute_rows(void *argument, int64_t begin, int64_t end, int worker) {
    const pass *running = argument;
    const serre_product *p = running->product;
    float *values = serre_scratch(running->context, worker, SLOT_VALUES, p->slot_count);
    for (int64_t i = begin; i < end; i++) {
        for (int64_t j = 0; j < p->n; j++) compute_element(p, i, j, values);
    }
}

void serre_matmul_scalar(serre_context *context, const serre_product *product) {
    pass running = {context, product};
    serre_run(context, product->m, 1, compute_rows, &running);
}
