/// Causal attention for AVX2 and FMA: registers of 8 floats.
#include "attention.h"
#include "matmul.h"

#if SERRE_HAS_AVX2

#pragma clang fp contract(off)
#pragma clang attribute push(SERRE_TARGET_AVX2, apply_to = function)

#define ATTENTION_VECTOR 8
/// 6 × 2 accumulators, 12 of 16 registers, leave room for two operands and a broadcast.
#define ATTENTION_ROWS 6
#define PACKED_ATTENTION(name) name##_avx2

#include "attention_packed.h"

#pragma clang attribute pop

#endif
