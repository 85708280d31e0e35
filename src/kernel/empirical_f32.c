/* The empirical evaluator in single precision. */
#define NTKI_SINGLE
#include "src/kernel/empirical_features.h"
#include "src/kernel/empirical_tile.h"
#include "src/kernel/empirical_apply.h"

const ntki_evaluator_f32 ntki_evaluator_empirical_f32 = {prepare, release, match, fill_tile, diagonal, multiply, false};
