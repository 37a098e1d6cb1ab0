/// Rotary positions (Su et al. 2021): the table of cosines and sines, and the turn of queries and keys.
#include "tasks.h"

#pragma clang fp contract(off)

/// One radian per position turns around this often within one position: 1 / 2π.
static const double turns_per_radian = 0.15915494309189535;

/// Llama 3.1's stretching: by the turns that a frequency makes within the original length.
static double scaled(double frequency, const serre_rotary_scaling *scaling) {
    double turns = frequency * scaling->original_length * turns_per_radian;
    if (turns > scaling->high_frequency_factor) return frequency;
    if (turns < scaling->low_frequency_factor) return frequency / scaling->factor;
    double share = (turns - scaling->low_frequency_factor)
        / (scaling->high_frequency_factor - scaling->low_frequency_factor);
    return (1.0 - share) * (frequency / scaling->factor) + share * frequency;
}

void serre_rotary_table(int64_t sequence, int64_t head_size, double base, const serre_rotary_scaling *scaling,
                        float *table) {
    int64_t half = head_size / 2;
    for (int64_t f = 0; f < half; f++) {
        double frequency = serre_pow64(base, -2.0 * (double)f / (double)head_size);
        if (scaling) frequency = scaled(frequency, scaling);
        for (int64_t t = 0; t < sequence; t++) {
            double angle = (double)t * frequency;
            table[t * head_size + f] = (float)serre_cos64(angle);
            table[t * head_size + half + f] = (float)serre_sin64(angle);
        }
    }
}

typedef struct {
    int64_t sequence, groups, queries, head_size;
    const float *table;
    bool backwards;
    float *qkv;
    int64_t ld;
} rotary_pass;

/// One head of one token.
SERRE_INLINE void turn(const rotary_pass *pass, const float *cosines, float *restrict first) {
    int64_t half = pass->head_size / 2;
    const float *sines = cosines + half;
    float *restrict second = first + half;
    if (pass->backwards) {
        for (int64_t f = 0; f < half; f++) {
            float a = first[f], b = second[f];
            first[f] = a * cosines[f] + b * sines[f];
            second[f] = b * cosines[f] - a * sines[f];
        }
    } else {
        for (int64_t f = 0; f < half; f++) {
            float a = first[f], b = second[f];
            first[f] = a * cosines[f] - b * sines[f];
            second[f] = b * cosines[f] + a * sines[f];
        }
    }
}

SERRE_INLINE void rotate(void *argument, int64_t begin, int64_t end, int worker) {
    (void)worker;
    const rotary_pass *pass = argument;
    for (int64_t row = begin; row < end; row++) {
        const float *cosines = pass->table + row % pass->sequence * pass->head_size;
        float *head = pass->qkv + row * pass->ld;
        // A group's queries and its key turn, its value does not.
        for (int64_t group = 0; group < pass->groups; group++, head += pass->head_size) {
            for (int64_t i = 0; i <= pass->queries; i++, head += pass->head_size) turn(pass, cosines, head);
        }
    }
}
SERRE_TASK(rotate)

void serre_rotate(serre_context *context, int64_t samples, int64_t sequence, int64_t heads, int64_t groups,
                  int64_t head_size, const float *table, bool backwards, float *qkv, int64_t ld) {
    rotary_pass pass = {sequence, groups, heads / groups, head_size, table, backwards, qkv, ld};
    int64_t grain = rows_per_piece((heads + groups) * head_size);
    serre_run(context, samples * sequence, grain, SERRE_PICK(context, rotate), &pass);
}
