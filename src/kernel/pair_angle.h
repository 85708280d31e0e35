/* Cosines and angles between rows: the part of pair_steps.h that comes before the first layer. */

enum { NTKI_LANES = 16 };

/* near[lane] = 1 - |cosine[lane]|, and the smallest so far of each lane, negative cosines weighed. */
NTKI_INLINE void ntki_add_nearness(int64_t lanes, const ntki_real *restrict cosine, ntki_real *restrict near,
                                   ntki_real *restrict smallest) {
    NTKI_VECTORISE
    for (int64_t lane = 0; lane < lanes; lane++) {
        const ntki_real c = cosine[lane], distance = 1 - (c < 0 ? -c : c);
        const ntki_real weighed = c < 0 ? NTKI_C(NTKI_OPPOSITE_WEIGHT) * distance : distance;
        near[lane] = distance;
        smallest[lane] = weighed < smallest[lane] ? weighed : smallest[lane];
    }
}

/* In lanes, since a running minimum does not vectorise. */
static ntki_real nearness(int64_t count, const ntki_real *restrict cosine, ntki_real *restrict near) {
    ntki_real smallest[NTKI_LANES];
    int64_t j = 0;
    for (int lane = 0; lane < NTKI_LANES; lane++)
        smallest[lane] = 1;
    for (; j + NTKI_LANES <= count; j += NTKI_LANES)
        ntki_add_nearness(NTKI_LANES, cosine + j, near + j, smallest);
    ntki_add_nearness(count - j, cosine + j, near + j, smallest);
    for (int lane = 1; lane < NTKI_LANES; lane++)
        smallest[0] = smallest[lane] < smallest[0] ? smallest[lane] : smallest[0];
    return smallest[0];
}

/* x y - product, exactly, where product = fl(x y); nothing, when y is a float and x y all but exact. */
NTKI_INLINE double ntki_product_error(double x, double y, double product) {
#if defined(NTKI_SINGLE)
    (void)x;
    (void)y;
    (void)product;
    return 0;
#elif defined(NTKI_FUSED)
    return __builtin_fma(x, y, -product);
#else
    const double splitter = 134217729; /* 2^27 + 1: Dekker's and Veltkamp's splitting */
    const double cx = splitter * x, cy = splitter * y;
    const double x1 = cx - (cx - x), y1 = cy - (cy - y), x2 = x - x1, y2 = y - y1;
    return ((x1 * y1 - product) + x1 * y2 + x2 * y1) + x2 * y2;
#endif
}

/* In pairs, a fixed order for every instruction set. */
NTKI_INLINE double ntki_sum_lanes(double *sums) {
    for (int half = NTKI_LANES / 2; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++)
            sums[lane] += sums[lane + half];
    return sums[0];
}

/* Adds u_j v_j, one in each lane. */
NTKI_INLINE void ntki_add_products(double *restrict sums, int64_t lanes, const ntki_real *restrict u,
                                   const ntki_real *restrict v) {
    NTKI_VECTORISE
    for (int64_t lane = 0; lane < lanes; lane++)
        sums[lane] += (double)u[lane] * (double)v[lane];
}

static double inner_product(int64_t d, const ntki_real *u, const ntki_real *v) {
    double sums[NTKI_LANES] = {0};
    int64_t j = 0;
    for (; j + NTKI_LANES <= d; j += NTKI_LANES)
        ntki_add_products(sums, NTKI_LANES, u + j, v + j);
    ntki_add_products(sums, d - j, u + j, v + j);
    return ntki_sum_lanes(sums);
}

typedef struct {
    double square[NTKI_LANES];
    double along[NTKI_LANES];
} ntki_difference_sums;

/* Adds `lanes` components of r = a u - b v to |r|^2 and r . a u, one in each lane. */
NTKI_INLINE void ntki_add_differences(ntki_difference_sums *sums, int64_t lanes, double a, const ntki_real *restrict u,
                                      double b, const ntki_real *restrict v) {
    NTKI_VECTORISE
    for (int64_t lane = 0; lane < lanes; lane++) {
        const double x = (double)u[lane], y = (double)v[lane], p = a * x, q = b * y;
        const double error = ntki_product_error(a, x, p) - ntki_product_error(b, y, q);
        const double r = (p - q) + error;
        sums->square[lane] += r * r;
        sums->along[lane] += r * p;
    }
}

/* With unit vectors a u and b v up to rounding: |r|^2 - (r . a u)^2 = sin^2 of the angle, since the part of r along u
 * (half the squared angle, and the rounding of a and b) is taken out; 1 - cos = sin^2 / (1 + sqrt(1 - sin^2)). */
static double angle_gap(int64_t d, double a, const ntki_real *u, double b, const ntki_real *v) {
    ntki_difference_sums sums = {{0}, {0}};
    int64_t j = 0;
    for (; j + NTKI_LANES <= d; j += NTKI_LANES)
        ntki_add_differences(&sums, NTKI_LANES, a, u + j, b, v + j);
    ntki_add_differences(&sums, d - j, a, u + j, b, v + j);
    const double radial = ntki_sum_lanes(sums.along), sine2 = ntki_sum_lanes(sums.square) - radial * radial;
    return sine2 > 0 ? sine2 / (1 + __builtin_sqrt(1 - sine2)) : 0;
}
