/// The matrix product's entry: picks the implementation of the context's instruction set.
#include "matmul.h"

void serre_matmul(serre_context *context, const serre_product *product) {
    if (product->m <= 0 || product->n <= 0) return;
#if SERRE_HAS_AVX2
    serre_isa isa = serre_context_isa(context);
    if (isa == SERRE_ISA_AVX512) {
        serre_matmul_packed(context, product, &serre_tile_kernel_avx512);
        return;
    }
    if (isa == SERRE_ISA_AVX2) {
        serre_matmul_packed(context, product, &serre_tile_kernel_avx2);
        return;
    }
#endif
    serre_matmul_scalar(context, product);
}
