/* Finding the kinks of the caller's phi. */
#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"
#include "lib/quadrature/quadrature.h"
#include "src/kernel/hermite_parts.h"

/* Widths 1, 1/2, ... of the panels beside a kink. */
enum { WIDTHS = 14, POINTS = NTKI_LEGENDRE_POINTS };

/* weight: phi' at the end -1 of a panel [-1, 1] from its values (or from those of phi) at the rule's points. */
static void make_weights(const ntki_legendre *rule, bool from_values, double *weight) {
    double extrapolate[POINTS], sum = 0;
    for (int k = 0; k < POINTS; k++) {
        const double barycentric =
            (k % 2 == 0 ? 1 : -1) * sqrt((1 - rule->point[k] * rule->point[k]) * rule->weight[k]);
        extrapolate[k] = barycentric / (-1 - rule->point[k]);
        sum += extrapolate[k];
    }
    for (int l = 0; l < POINTS; l++) {
        weight[l] = 0;
        for (int k = 0; k < POINTS; k++)
            weight[l] += extrapolate[k] / sum * (from_values ? rule->differentiate[k][l] : k == l);
    }
}

/* How far phi is smooth beside the i-th kink. */
static double room_beside(const ntki_activation *activation, int i, int side) {
    const double t = activation->kinks[i], most = fmax(1, 0.125 * fabs(t));
    const int next = i + side;
    return next < 0 || next >= activation->kink_count ? most : fmin(most, fabs(activation->kinks[next] - t));
}

/* Of the estimates from panels of all widths, that which the next one confirms best. */
static double settle(const double *estimate) {
    int best = 0;
    for (int k = 1; k + 1 < WIDTHS; k++)
        if (fabs(estimate[k] - estimate[k + 1]) < fabs(estimate[best] - estimate[best + 1]))
            best = k;
    return estimate[best];
}

/* phi' beside a kink: `work` has room for 2 WIDTHS POINTS doubles. */
static ntk_status slope_beside(const ntki_series_job *job, int i, int side, double *work, double *slope) {
    const ntki_activation *const activation = job->activation;
    const bool from_values = activation->derivative == NULL;
    const double room = room_beside(activation, i, side);
    double *const point = work, *const value = work + WIDTHS * POINTS, weight[POINTS], estimate[WIDTHS];
    ntki_legendre rule;
    ntki_legendre_make(&rule);
    make_weights(&rule, from_values, weight);
    for (int w = 0; w < WIDTHS; w++)
        for (int k = 0; k < POINTS; k++)
            point[w * POINTS + k] = activation->kinks[i] + side * (ldexp(0.5 * room, -w) * (1 + rule.point[k]));
    const ntk_status status =
        from_values
            ? ntki_activation_values(job->context, job->function, activation, WIDTHS * POINTS, point, value)
            : ntki_activation_derivatives(job->context, job->function, activation, WIDTHS * POINTS, point, value);
    for (int w = 0; status == NTK_SUCCESS && w < WIDTHS; w++) {
        const double *const own = value + w * POINTS, half = side * ldexp(0.5 * room, -w);
        estimate[w] = from_values ? 0 : own[0];
        for (int k = 0; k < POINTS; k++) /* of differences: the weights of values sum to 0, those of slopes to 1 */
            estimate[w] += weight[k] * (own[k] - own[0]) / (from_values ? half : 1);
    }
    *slope = status == NTK_SUCCESS ? settle(estimate) : 0;
    return status;
}

static void add_kink(ntki_kink_set *kinks, double t, double jump) {
    const bool middle = !(t < 0) && !(t > 0);
    for (int half = 0; half < (middle ? 2 : 1); half++) {
        ntki_kink *const kink = &kinks->kink[(int)kinks->count];
        *kink = (ntki_kink){fabs(t), t < 0 || half == 1 ? -1 : 1, middle ? 0.5 * jump : jump};
        kinks->count += 1;
    }
}

/* Equal or opposite jumps at opposite points become so to the bit; what that changes is left in the smooth part. */
static void find_parity(ntki_kink_set *kinks) {
    const int count = (int)kinks->count;
    int even = 0, odd = 0;
    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++) {
            ntki_kink *const a = &kinks->kink[i], *const b = &kinks->kink[j];
            if (a->size < b->size || a->size > b->size || !(a->side * b->side < 0))
                continue;
            const double near = 1e-9 * fabs(a->jump);
            if (fabs(a->jump - b->jump) <= near)
                even += 1, b->jump = a->jump;
            else if (fabs(a->jump + b->jump) <= near)
                odd += 1, b->jump = -a->jump;
        }
    kinks->parity = even == count ? 1 : odd == count ? -1 : 0;
}

ntk_status ntki_find_kinks(const ntki_series_job *job, ntki_kink_set *kinks) {
    double *work = NULL;
    ntk_status status = ntki_allocate(job->context, job->function, 2 * WIDTHS * POINTS, sizeof(double), &work);
    memset(kinks, 0, sizeof(*kinks));
    for (int i = 0; status == NTK_SUCCESS && i < job->activation->kink_count; i++) {
        double left = 0, right = 0;
        status = slope_beside(job, i, -1, work, &left);
        if (status == NTK_SUCCESS)
            status = slope_beside(job, i, 1, work, &right);
        const double jump = right - left;
        if (status == NTK_SUCCESS && fabs(jump) > 1e-9 * (fabs(left) + fabs(right)))
            add_kink(kinks, job->activation->kinks[i], jump);
    }
    find_parity(kinks);
    ntki_release(job->context, work);
    return status;
}
