/* The names of pair.h in the number type that is being compiled. */
#ifndef NTKI_PAIR_TYPES_H
#define NTKI_PAIR_TYPES_H

#include "src/kernel/pair.h"

#ifdef NTKI_SINGLE
#define ntki_side ntki_layer_side_f32
#define ntki_step ntki_layer_step_f32
#define ntki_row_function ntki_row_step_f32
#define ntki_diagonal_function ntki_dual_diagonal_f32
#define ntki_duals ntki_dual_values_f32
#define ntki_pairs ntki_pair_values_f32
#define ntki_operations ntki_pair_operations_f32
#elif defined(NTKI_COMPLEX)
#define ntki_side ntki_layer_side_complex
#define ntki_step ntki_layer_step_complex
#define ntki_row_function ntki_row_step_complex
#define ntki_diagonal_function ntki_dual_diagonal_complex
#define ntki_duals ntki_dual_values_complex
#define ntki_pairs ntki_pair_values_complex
#define ntki_operations ntki_pair_operations_complex
#else
#define ntki_side ntki_layer_side
#define ntki_step ntki_layer_step
#define ntki_row_function ntki_row_step
#define ntki_diagonal_function ntki_dual_diagonal
#define ntki_duals ntki_dual_values
#define ntki_pairs ntki_pair_values
#define ntki_operations ntki_pair_operations
#endif

#endif
