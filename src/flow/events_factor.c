/* K_SS = U'U, U upper triangular, as S gains and loses members: O(|S|^2) each [Gill74]. Rows are contiguous, so that
 * a rotation of two rows and a forward substitution run along them. */
#include <math.h>
#include <string.h>

#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "src/flow/events.h"

enum { LEAST_CAPACITY = 32, LANES = 8 };

ntk_status ntki_event_factor_reserve(ntk_context *context, const char *function, ntki_event_factor *factor,
                                     int64_t count) {
    if (count <= factor->capacity)
        return NTK_SUCCESS;
    int64_t capacity = factor->capacity > 0 ? factor->capacity : LEAST_CAPACITY;
    while (capacity < count)
        capacity += capacity / 2;
    capacity = ntki_smaller(capacity, factor->most);
    double *u = NULL;
    const ntk_status status = ntki_allocate_matrix(context, function, capacity, capacity, &u);
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t r = 0; r < factor->count; r++)
        memcpy(u + r * capacity + r, factor->u + r * factor->capacity + r,
               (size_t)(factor->count - r) * sizeof(double));
    ntki_release(context, factor->u);
    factor->u = u;
    factor->capacity = capacity;
    return NTK_SUCCESS;
}

/* b = U'^{-1} b */
static void forward(const ntki_event_factor *factor, double *b) {
    const int64_t m = factor->count;
    for (int64_t r = 0; r < m; r++) {
        const double *const row = factor->u + r * factor->capacity;
        const double x = b[r] /= row[r];
        if (x != 0)
            for (int64_t c = r + 1; c < m; c++)
                b[c] -= x * row[c];
    }
}

static double dot(int64_t n, const double *a, const double *b) {
    double lane[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++)
            lane[l] += a[i + l] * b[i + l];
    double sum = 0;
    for (; i < n; i++)
        sum += a[i] * b[i];
    for (int l = 0; l < LANES; l++)
        sum += lane[l];
    return sum;
}

void ntki_event_factor_back(const ntki_event_factor *factor, double *b) {
    const int64_t m = factor->count;
    for (int64_t r = m - 1; r >= 0; r--) {
        const double *const row = factor->u + r * factor->capacity;
        b[r] = (b[r] - dot(m - r - 1, row + r + 1, b + r + 1)) / row[r];
    }
}

void ntki_event_factor_solve(const ntki_event_factor *factor, double *b) {
    forward(factor, b);
    ntki_event_factor_back(factor, b);
}

double ntki_event_factor_project(const ntki_event_factor *factor, int64_t n, const double *gram, int64_t j, double *z) {
    const double *const row = gram + j * n;
    for (int64_t r = 0; r < factor->count; r++)
        z[r] = row[factor->member[r]];
    forward(factor, z);
    return row[j] - dot(factor->count, z, z);
}

void ntki_event_factor_append(ntki_event_factor *factor, int64_t j, const double *z, double pivot) {
    const int64_t m = factor->count++;
    for (int64_t r = 0; r < m; r++)
        factor->u[r * factor->capacity + m] = z[r];
    factor->u[m * factor->capacity + m] = sqrt(pivot);
    factor->member[m] = j;
}

/* Rotates two rows such that second[0] becomes 0. */
static void rotate(int64_t count, double *first, double *second) {
    const double radius = hypot(first[0], second[0]), cosine = first[0] / radius, sine = second[0] / radius;
    first[0] = radius;
    second[0] = 0;
    for (int64_t i = 1; i < count; i++) {
        const double x = first[i], y = second[i];
        first[i] = cosine * x + sine * y;
        second[i] = cosine * y - sine * x;
    }
}

void ntki_event_factor_remove(ntki_event_factor *factor, int64_t index) {
    const int64_t m = --factor->count, ld = factor->capacity;
    memmove(factor->member + index, factor->member + index + 1, (size_t)(m - index) * sizeof(int64_t));
    for (int64_t r = 0; r <= m; r++) {
        double *const row = factor->u + r * ld;
        const int64_t first = r > index + 1 ? r : index + 1;
        memmove(row + first - 1, row + first, (size_t)(m + 1 - first) * sizeof(double));
    }
    for (int64_t r = index; r < m; r++)
        rotate(m - r, factor->u + r * ld + r, factor->u + (r + 1) * ld + r);
}
