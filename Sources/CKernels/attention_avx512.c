/// Causal attention for AVX-512F: registers of 16 floats.
#include "attention.h"
#include "matmul.h"

#if SERRE_HAS_AVX2

#pragma clang fp contract(off)
#pragma clang attribute push(SERRE_TARGET_AVX512, apply_to = function)

#define ATTENTION_VECTOR 16
/// 12 × 2 accumulators, 24 of 32 registers, leave room for two operands and a broadcast.
#define ATTENTION_ROWS 12
#define PACKED_ATTENTION(name) name##_avx512

#include "attention_packed.h"

#pragma clang attribute pop

#endif
