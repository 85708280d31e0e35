/* The collapsed kernel of a chunk: two series in w = sqrt(1 - |cos|), by Clenshaw's recurrence or by Horner's rule, in blocks
 * that stay in registers. */

enum { NTKI_BLOCK = 32 };

/* sum of coefficient_j T_j(2 w - 1); with `mixed`, of the first series where the cosine is not negative, else of the second. */
NTKI_INLINE void ntki_clenshaw(int64_t terms, const double *restrict positive, const double *restrict negative,
                               const double *restrict cosine, const double *restrict near, double *restrict sum,
                               const bool mixed) {
    double twice[NTKI_BLOCK], one[NTKI_BLOCK], two[NTKI_BLOCK];
    NTKI_VECTORISE
    for (int j = 0; j < NTKI_BLOCK; j++) {
        twice[j] = 4 * __builtin_sqrt(near[j]) - 2;
        one[j] = two[j] = 0;
    }
    for (int64_t t = terms - 1; t > 0; t--) {
        const double plus = positive[t], minus = negative[t];
        NTKI_VECTORISE
        for (int j = 0; j < NTKI_BLOCK; j++) {
            const double coefficient = mixed && cosine[j] < 0 ? minus : plus;
            const double next = NTKI_FMA(twice[j], one[j], coefficient - two[j]);
            two[j] = one[j];
            one[j] = next;
        }
    }
    NTKI_VECTORISE
    for (int j = 0; j < NTKI_BLOCK; j++) {
        const double coefficient = mixed && cosine[j] < 0 ? negative[0] : positive[0];
        sum[j] = NTKI_FMA(0.5 * twice[j], one[j], coefficient - two[j]);
    }
}

/* The same for powers of 2 w - 1. */
NTKI_INLINE void ntki_horner(int64_t terms, const double *restrict positive, const double *restrict negative,
                             const double *restrict cosine, const double *restrict near, double *restrict sum,
                             const bool mixed) {
    double y[NTKI_BLOCK], value[NTKI_BLOCK];
    NTKI_VECTORISE
    for (int j = 0; j < NTKI_BLOCK; j++) {
        y[j] = 2 * __builtin_sqrt(near[j]) - 1;
        value[j] = 0;
    }
    for (int64_t t = terms - 1; t >= 0; t--) {
        const double plus = positive[t], minus = negative[t];
        NTKI_VECTORISE
        for (int j = 0; j < NTKI_BLOCK; j++)
            value[j] = NTKI_FMA(value[j], y[j], mixed && cosine[j] < 0 ? minus : plus);
    }
    NTKI_VECTORISE
    for (int j = 0; j < NTKI_BLOCK; j++)
        sum[j] = value[j];
}

NTKI_INLINE void ntki_collapse_sum(const ntki_collapse_series *series, const double *positive, const double *negative,
                                   const double *cosine, const double *near, double *sum, const bool mixed) {
    if (series->powers)
        ntki_horner(series->terms, positive, negative, cosine, near, sum, mixed);
    else
        ntki_clenshaw(series->terms, positive, negative, cosine, near, sum, mixed);
}

/* One block; how many of its cosines are negative decides which series are wanted. */
NTKI_INLINE void ntki_collapse_block(const ntki_collapse_series *series, const double *restrict cosine,
                                     const double *restrict near, double *restrict sum) {
    double below = 0;
    NTKI_VECTORISE
    for (int j = 0; j < NTKI_BLOCK; j++)
        sum[j] = cosine[j] < 0 ? 1 : 0;
    for (int j = 0; j < NTKI_BLOCK; j++)
        below += sum[j];
    if (below == 0)
        ntki_collapse_sum(series, series->positive, series->positive, cosine, near, sum, false);
    else if (below == NTKI_BLOCK)
        ntki_collapse_sum(series, series->negative, series->negative, cosine, near, sum, false);
    else
        ntki_collapse_sum(series, series->positive, series->negative, cosine, near, sum, true);
}

/* out[j] = root[i] root[j] G(cosine[j]), exactly the diagonal where both inputs have it and the cosine is 1. */
static void collapse_chunk(const ntki_collapse_series *series, int64_t i, const double *root_a,
                           const double *diagonal_a, int64_t first, const double *root_b, const double *diagonal_b,
                           int64_t count, const double *restrict cosine, const double *restrict near,
                           double *restrict out) {
    const double *const root = root_b + first, *const diagonal = diagonal_b + first;
    const double own_root = root_a[i], own_diagonal = diagonal_a[i];
    double sum[NTKI_CHUNK];
    int64_t j0 = 0;
    for (; j0 + NTKI_BLOCK <= count; j0 += NTKI_BLOCK)
        ntki_collapse_block(series, cosine + j0, near + j0, sum + j0);
    if (j0 < count) {
        double c[NTKI_BLOCK], e[NTKI_BLOCK];
        for (int64_t j = 0; j < NTKI_BLOCK; j++) {
            const int64_t place = j0 + j < count ? j0 + j : count - 1;
            c[j] = cosine[place];
            e[j] = near[place];
        }
        double last[NTKI_BLOCK];
        ntki_collapse_block(series, c, e, last);
        for (int64_t j = j0; j < count; j++)
            sum[j] = last[j - j0];
    }
    NTKI_VECTORISE
    for (int64_t j = 0; j < count; j++) {
        const double value = own_root * root[j] * sum[j];
        const double equal = diagonal[j] == own_diagonal ? own_diagonal : value;
        out[j] = near[j] == 0 ? (cosine[j] > 0 ? equal : value) : value;
    }
}
