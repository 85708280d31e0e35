/* The coefficients of one input of a kinked series (kinks.h). Those of the smooth part come from quadrature of
 * r' = phi' - s w' against h_{j-1}, each taken off at once: what is left over is the tail, to its last digit. Those of w are
 *   E[max(z - h, 0) h_j(z)] = h_{j-2}(h) gamma(h) / sqrt(j (j - 1)),   gamma: the normal density. */
#include <math.h>

#include "lib/memory/memory.h"
#include "lib/quadrature/quadrature.h"
#include "src/kernel/hermite_parts.h"

static const double root_two_pi = 2.50662827463100050242;

static double density_at(double h) { return exp(-0.5 * (h * h)) / root_two_pi; }
static double above(double h) { return 0.5 * erfc(h * 0.70710678118654752440); }

/* ---- w ---- */

typedef struct {
    double square, slope_square; /* E[w^2], E[w'^2] */
    double total;                /* sum of |c_i| */
} kink_moments;

static double threshold(const ntki_kink *kink, double s) { return fmin(kink->size / s, NTKI_FARTHEST_KINK); }

static kink_moments find_kink_moments(const ntki_kink_set *kinks, double s) {
    kink_moments sum = {0, 0, 0};
    for (int i = 0; i < (int)kinks->count; i++) {
        const ntki_kink *const a = &kinks->kink[i];
        sum.total += fabs(a->jump);
        for (int j = 0; j < (int)kinks->count; j++) {
            const ntki_kink *const b = &kinks->kink[j];
            const double h = fmin(threshold(a, s), threshold(b, s)), k = fmax(threshold(a, s), threshold(b, s));
            if (a->side * b->side < 0)
                continue;
            sum.square += a->jump * b->jump * ((1 + h * k) * above(k) - h * density_at(k));
            sum.slope_square += a->jump * b->jump * above(k);
        }
    }
    return sum;
}

/* out[j * stride] = E[w h_j], j < terms. */
static void expand_kinks(const ntki_kink_set *kinks, double s, int64_t terms, double *out, int64_t stride) {
    for (int64_t j = 0; j < terms; j++)
        out[j * stride] = 0;
    for (int i = 0; i < (int)kinks->count; i++) {
        const ntki_kink *const kink = &kinks->kink[i];
        const double h = threshold(kink, s), density = density_at(h);
        double before = 0, polynomial = density, sign = 1; /* h_j(h) gamma(h) and h_{j-1}(h) gamma(h) */
        out[0] += kink->jump * (density - h * above(h));
        out[stride] += kink->jump * kink->side * above(h);
        for (int64_t j = 2; j < terms; j++) {
            out[j * stride] += kink->jump * sign * polynomial / sqrt((double)j * (double)(j - 1));
            const double index = (double)(j - 2), next = (h * polynomial - sqrt(index) * before) / sqrt(index + 1);
            before = polynomial;
            polynomial = next;
            sign *= kink->side;
        }
    }
}

/* The derivative of s w(x / s). */
static double jumps_at(const ntki_kink_set *kinks, double x) {
    double sum = 0;
    for (int i = 0; i < (int)kinks->count; i++)
        if (kinks->kink[i].side * x > kinks->kink[i].size)
            sum += kinks->kink[i].jump * kinks->kink[i].side;
    return sum;
}

/* ---- one input ---- */

typedef struct {
    const ntki_series_job *job;
    ntki_series *series;
    int64_t input;
    double s;
    ntki_resolution resolution;
    ntki_grid grid;
    double *work;
    ntki_moments moments;
} kinked_row;

enum { SAMPLES_PER_NODE = 6 };

static void close_row(kinked_row *row) {
    ntki_release(row->job->context, row->work);
    ntki_grid_destroy(row->job, &row->grid);
    row->work = NULL;
}

/* phi' of the nodes is then in work + 4 count. */
static ntk_status open_row(kinked_row *row, double extra) {
    const ntki_series_job *const job = row->job;
    const ntki_resolution resolution = {row->resolution.frequency + extra, row->resolution.reach};
    ntk_status status = ntki_grid_create(job, resolution, row->s, &row->grid);
    const int64_t count = row->grid.count;
    if (status == NTK_SUCCESS)
        status = ntki_allocate_matrix(job->context, job->function, SAMPLES_PER_NODE, count, &row->work);
    const ntki_samples samples = {row->work, row->work + 2 * count, row->work + 4 * count};
    if (status == NTK_SUCCESS)
        status = ntki_sample(job, &row->grid, row->resolution, row->s, &samples);
    if (status == NTK_SUCCESS)
        row->moments = ntki_find_moments(&row->grid, &samples);
    return status;
}

static double *coefficient_of(const kinked_row *row, int64_t r) {
    return row->series->coefficient + r * row->series->n + row->input;
}

/* Nodes of an integral over z, and at them, times the root of the density: what is left of r', h_{j-2} and h_{j-1}. */
typedef struct {
    int64_t count;
    double *block;
    double *node, *length, *left, *before, *polynomial;
    double reach;
} rest_nodes;

static void set_node(const rest_nodes *nodes, int64_t at, double z, double length, double slope) {
    const double root_density = 0.63161877774606470129 * exp(-0.25 * z * z); /* (2 pi)^(-1/4) */
    nodes->node[at] = z;
    nodes->length[at] = length;
    nodes->polynomial[at] = root_density;
    nodes->before[at] = 0;
    nodes->left[at] = root_density * slope;
}

/* Those of the grid, and on either side as many as h_{J-1} needs to be orthogonal to the others: there r' counts as 0. The
 * root of the density vanishes beyond 53. */
static ntk_status open_nodes(const kinked_row *row, rest_nodes *nodes) {
    const ntki_series_job *const job = row->job;
    const int64_t inner = row->grid.count;
    const double *const slope = row->work + 4 * inner, edge = row->resolution.reach,
                        fastest = 2 * sqrt((double)row->series->terms) + 8;
    const double reach = fmax(edge, fmin(fastest, 52)), width = reach - edge;
    const int64_t panels = width > 0 ? 1 + (int64_t)(width * fastest / 24) : 0, outer = panels * NTKI_LEGENDRE_POINTS;
    const double half = panels > 0 ? 0.5 * width / (double)panels : 0;
    ntki_legendre rule;
    *nodes = (rest_nodes){.count = inner + 2 * outer, .reach = reach};
    const ntk_status status = ntki_allocate_matrix(job->context, job->function, 5, nodes->count, &nodes->block);
    if (status != NTK_SUCCESS)
        return status;
    nodes->node = nodes->block;
    nodes->length = nodes->node + nodes->count;
    nodes->left = nodes->length + nodes->count;
    nodes->before = nodes->left + nodes->count;
    nodes->polynomial = nodes->before + nodes->count;
    ntki_legendre_make(&rule);
    for (int64_t k = 0; k < inner; k++) {
        const double z = row->grid.node[k], length = row->grid.root[k] / (0.63161877774606470129 * exp(-0.25 * z * z));
        set_node(nodes, k, z, length, slope[k] - jumps_at(&row->series->kinks, row->s * z));
    }
    for (int64_t k = 0; k < outer; k++) {
        const int64_t point = k % NTKI_LEGENDRE_POINTS, panel = k / NTKI_LEGENDRE_POINTS;
        const double z = edge + half * ((double)(2 * panel + 1) + rule.point[point]),
                     length = half * rule.weight[point];
        set_node(nodes, inner + 2 * k, z, length, 0);
        set_node(nodes, inner + 2 * k + 1, -z, length, 0);
    }
    return NTK_SUCCESS;
}

/* From h_{j-1} to h_j; takes `sum` times the former off what is left. */
static void advance_nodes(const rest_nodes *nodes, int64_t j, double sum) {
    const double index = (double)(j - 1), up = 1 / sqrt(index + 1), back = sqrt(index / (index + 1));
    for (int64_t k = 0; k < nodes->count; k++) {
        nodes->left[k] -= sum * nodes->polynomial[k];
        const double next = up * nodes->node[k] * nodes->polynomial[k] - back * nodes->before[k];
        nodes->before[k] = nodes->polynomial[k];
        nodes->polynomial[k] = next;
    }
}

/* rest[j]: r's coefficients from j = 1 on; tail[j]: what the first j leave of E[r'^2]. Where h_j goes beyond the nodes its
 * part is taken off the sum of squares alone, up to rounding. */
static ntk_status expand_rest(const kinked_row *row, double *rest, double *tail) {
    const int64_t terms = row->series->terms;
    rest_nodes nodes;
    const ntk_status status = open_nodes(row, &nodes);
    double square = 0, noise = 0;
    rest[0] = tail[0] = 0; /* of phi itself, which the moments give */
    for (int64_t j = 1; status == NTK_SUCCESS && j <= terms; j++) {
        const bool inside = 2 * sqrt((double)j) + 8 <= nodes.reach;
        double sum = 0, now = 0;
        for (int64_t k = 0; k < nodes.count; k++) {
            const double part = nodes.length[k] * nodes.left[k];
            sum += part * nodes.polynomial[k];
            now += part * nodes.left[k];
        }
        if (inside || j == 1)
            square = now;
        noise = inside ? 0 : fmax(noise, NTKI_LITTLE_TAIL * square);
        tail[j] = fmax(square, 0) + noise;
        if (j < terms)
            rest[j] = row->s * sum / sqrt((double)j);
        square -= inside ? 0 : sum * sum;
        advance_nodes(&nodes, j, inside ? sum : 0);
    }
    ntki_release(row->job->context, nodes.block);
    return status;
}

static void raise(double *largest, double value) { *largest = value > *largest ? value : *largest; }

/* What is not in the first terms, of sums that run down: of x_j^2 and j x_j^2, of k_j^2 and j k_j^2. */
typedef struct {
    double value, slope;
    double kinks, kink_slope;
} kinked_tails;

static void store_tails(const kinked_row *row, const kink_moments *kinks, const kinked_tails *left, int64_t r,
                        double rest) {
    ntki_series *const series = row->series;
    const double square = row->moments.square, slope_square = row->moments.slope_square, little = NTKI_LITTLE_TAIL;
    const double ratio = square > 0 ? row->s / sqrt(square) : 0, steep = slope_square > 0 ? 1 / sqrt(slope_square) : 0;
    raise(&series->tail_value[r], r > 0 ? ratio * sqrt(rest / (double)r) : 1);
    raise(&series->tail_slope[r], r > 0 ? steep * sqrt(rest) : 1);
    raise(&series->kink_value[r], ratio * sqrt(fmax(left->kinks, 0) + little * kinks->square));
    raise(&series->kink_slope[r], steep * sqrt(fmax(left->kink_slope, 0) + little * kinks->slope_square));
    raise(&series->rounding_value, 0x1p-25 * kinks->total * ratio);
    raise(&series->rounding_slope, 0x1p-25 * kinks->total * steep);
}

/* From the tails of phi and of w: how w is scaled (returned), and what else is left. */
static double divide_tail(double whole, double kinks, double noise, double *rest) {
    *rest = whole > kinks + noise ? sqrt(whole - kinks) : 0;
    return whole < kinks - noise ? sqrt(fmax(whole, 0) / kinks) : 1;
}

static void store_remainder(const kinked_row *row, const kink_moments *kinks, const kinked_tails *left) {
    ntki_series *const series = row->series;
    const int64_t n = series->n, terms = series->terms;
    const double square = row->moments.square, ratio = square > 0 ? row->s / sqrt(square) : 0, area = ratio * ratio;
    const double noise = NTKI_LITTLE_TAIL * (1 + area * kinks->square);
    const double slope_noise = NTKI_LITTLE_TAIL * area * (row->moments.slope_square + kinks->slope_square);
    const double value_tail = fmax(left->kinks, 0), slope_tail = fmax(left->kink_slope, 0);
    double *const last = coefficient_of(row, ntki_kinked_row(terms, 0)), *const t = coefficient_of(row, terms);
    last[NTKI_KINKED_SCALE * n] = ratio * divide_tail(left->value, area * value_tail, noise, t);
    last[NTKI_KINKED_SLOPE_SCALE * n] =
        ratio * divide_tail(left->slope, area * slope_tail, slope_noise, last + NTKI_KINKED_SLOPE_REST * n);
    last[NTKI_KINKED_TAIL * n] = value_tail;
    last[NTKI_KINKED_INVERSE * n] = 1 / row->s;
}

/* rest[j] and tail[j] as above. */
static void store(const kinked_row *row, const kink_moments *kinks, const double *rest, const double *tail) {
    ntki_series *const series = row->series;
    const int64_t terms = series->terms, n = series->n;
    const ntki_moments *const moments = &row->moments;
    const double s = row->s, rms = sqrt(moments->square), share = rms > 0 ? 1 / rms : 0, ratio = s * share;
    double *const k = coefficient_of(row, terms + 1);
    kinked_tails left = {rms > 0 ? 1 : 0, ratio * ratio * moments->slope_square, kinks->square, kinks->slope_square};
    expand_kinks(&series->kinks, s, terms, k, n);
    for (int64_t r = 0; r < terms; r++) {
        const double power = (double)r, own = k[r * n];
        const double x = r == 0 ? share * moments->mean : r == 1 ? ratio * moments->first : share * (s * own + rest[r]);
        store_tails(row, kinks, &left, r, tail[r]);
        *coefficient_of(row, r) = x;
        left.value -= x * x;
        left.slope -= power * (x * x);
        left.kinks -= own * own;
        left.kink_slope -= power * (own * own);
    }
    store_tails(row, kinks, &left, terms, tail[terms]);
    store_remainder(row, kinks, &left);
    series->value[row->input] = moments->square;
    series->slope[row->input] = moments->slope_square;
}

ntk_status ntki_fill_kinked(const ntki_series_job *job, ntki_resolution resolution, int64_t input,
                            ntki_series *series) {
    const double margin = 16, fastest = 2 * sqrt((double)series->terms) + 8;
    kinked_row row = {.job = job,
                      .series = series,
                      .input = input,
                      .s = fmax(series->std[input], NTKI_SMALLEST_STD),
                      .resolution = resolution};
    double *work = NULL;
    ntk_status status = open_row(&row, margin);
    const ntki_moments moments = row.moments; /* from a grid that does not depend on the number of terms */
    if (status == NTK_SUCCESS && fastest > margin) {
        close_row(&row);
        status = open_row(&row, fastest);
    }
    row.moments = moments;
    if (status == NTK_SUCCESS)
        status = ntki_allocate(job->context, job->function, 2 * (series->terms + 1), sizeof(double), &work);
    if (status == NTK_SUCCESS) {
        const kink_moments kinks = find_kink_moments(&series->kinks, row.s);
        status = expand_rest(&row, work, work + series->terms + 1);
        if (status == NTK_SUCCESS)
            store(&row, &kinks, work, work + series->terms + 1);
    }
    ntki_release(job->context, work);
    close_row(&row);
    return status;
}

/* With tails r of the smooth part and w of the kinks, what is cut off is at most w r' + r w' + r r'. Where phi's tail is the
 * larger one, t^2 = |w + r|^2 - w^2 <= 2 w r + r^2 comes on top; where it is the smaller one, |w + r - g w| <= r. */
static double bound_of(double kinks, double kinks_other, double rest, double rest_other) {
    const double most = (2 * kinks + rest) * rest, most_other = (2 * kinks_other + rest_other) * rest_other;
    return kinks * rest_other + rest * kinks_other + rest * rest_other + sqrt(most * most_other);
}

void ntki_kinked_bounds(const ntki_series *a, const ntki_series *b, int64_t r, double *value_bound,
                        double *slope_bound) {
    *value_bound = bound_of(a->kink_value[r], b->kink_value[r], a->tail_value[r], b->tail_value[r]) +
                   a->rounding_value * b->rounding_value;
    *slope_bound = bound_of(a->kink_slope[r], b->kink_slope[r], a->tail_slope[r], b->tail_slope[r]) +
                   a->rounding_slope * b->rounding_slope;
}
