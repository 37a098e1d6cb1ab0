/// Kernels of near-duplicate detection: integers only, so that every processor gives the same values.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Lanes are minimised in blocks of this many: pad permutations to a multiple of it.
enum { SERRE_SKETCH_BLOCK = 64 };

/// `minima[p] = min(minima[p], multipliers[p] * hashes[i] + increments[p] mod 2^32)` for every permutation and hash.
///
/// `permutations` is a multiple of SERRE_SKETCH_BLOCK.
void serre_minhash_update(uint32_t *minima, const uint32_t *multipliers, const uint32_t *increments,
                          size_t permutations, const uint32_t *hashes, size_t count);
