/* The empirical evaluator in double precision. */
#include "src/kernel/empirical_features.h"
#include "src/kernel/empirical_tile.h"
#include "src/kernel/empirical_apply.h"

const ntki_evaluator ntki_evaluator_empirical = {.prepare = prepare,
                                                 .release = release,
                                                 .match = match,
                                                 .tile = fill_tile,
                                                 .diagonal = diagonal,
                                                 .multiply = multiply,
                                                 .end = ntki_empirical_end,
                                                 .destroy = ntki_empirical_destroy,
                                                 .single = &ntki_evaluator_empirical_f32};
