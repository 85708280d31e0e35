/* Worst errors of the analytic kernels per activation, depth and kind of pair, beside their limits: one table. Exits with 1
 * when an error exceeds its limit. What an error is relative to, and the limits, are in tests/reference/limits.h; the
 * reference values have 40 digits and more. */
#include <stdio.h>

#include "tests/reference/kind_values.h"
#include "tests/reference/limits.h"
#include "tests/reference/option_values.h"

static const char *const relation_name[REFERENCE_RELATIONS] = {"random", "near", "equal", "opposite", "zero", "scaled"};
static const double SERIES_TOLERANCE = 1e-13;

/* One line of the table: the networks of a name and depth. */
typedef struct {
    const char *name;
    int depth;
    double worst[REFERENCE_RELATIONS]; /* error / size; negative: no such pair */
    double limit;                      /* the largest of the values' */
    long values, exceeded;
    const char *failure; /* a status, when a call failed */
} line;

enum { MOST_LINES = 256 };

typedef struct {
    line lines[MOST_LINES];
    int count;
    line *current;
} report;

static line *find_line(report *all, const char *name, int depth) {
    for (int i = 0; i < all->count; i++)
        if (all->lines[i].depth == depth && strcmp(all->lines[i].name, name) == 0)
            return &all->lines[i];
    if (all->count == MOST_LINES)
        return NULL;
    line *const added = &all->lines[all->count++];
    *added = (line){.name = name, .depth = depth};
    for (int relation = 0; relation < REFERENCE_RELATIONS; relation++)
        added->worst[relation] = -1;
    return added;
}

static void record(void *user, const reference_case *the_case, const reference_entry *entry) {
    line *const at = ((report *)user)->current;
    const double size = reference_size(the_case, entry), error = reference_error(entry);
    const double relative = size > DBL_MIN ? error / size : error <= DBL_MIN ? 0 : INFINITY;
    const double bound = reference_is_series(the_case) ? entry->bound : 0;
    at->worst[entry->relation] = fmax(at->worst[entry->relation], relative);
    at->limit = fmax(at->limit, reference_limit(the_case) + bound);
    at->values++;
    at->exceeded += !(error <= reference_allowed(the_case, entry));
}

static void measure(report *all, const reference_table *table) {
    for (int c = 0; c < table->cases; c++) {
        const reference_case the_case = reference_case_of(table, c);
        all->current = find_line(all, the_case.network->name, the_case.network->depth);
        for (int type = NTK_KERNEL_NTK; type <= NTK_KERNEL_NNGP && all->current != NULL; type++) {
            const ntk_status status = reference_compare(NULL, &the_case, type, SERIES_TOLERANCE, record, all);
            if (status != NTK_SUCCESS)
                all->current->failure = ntk_status_name(status);
        }
    }
}

static void print_line(const line *at) {
    printf("%-29s %3d", at->name, at->depth);
    for (int relation = 0; relation < REFERENCE_RELATIONS; relation++) {
        if (at->worst[relation] < 0)
            printf(" %9s", "-");
        else
            printf(" %9.2g", at->worst[relation] * 1e16);
    }
    printf(" %9.2g %7ld", at->limit * 1e16, at->values);
    if (at->failure != NULL)
        printf("  %s", at->failure);
    if (at->exceeded > 0)
        printf("  %ld EXCEEDED", at->exceeded);
    printf("\n");
}

int main(void) {
    static report all;
    measure(&all, &kind_table);
    measure(&all, &option_table);
    printf(
        "Worst errors in units of 1e-16: of the value for NNGPs that are never negative, of sqrt(K(x,x) K(x',x')) for\n"
        "others. Series at tolerance %g: their limit is the largest error bound.\n\n",
        SERIES_TOLERANCE);
    printf("%-29s %3s", "activation or option", "L");
    for (int relation = 0; relation < REFERENCE_RELATIONS; relation++)
        printf(" %9s", relation_name[relation]);
    printf(" %9s %7s\n", "limit", "values");
    long values = 0, exceeded = 0, failures = 0;
    for (int i = 0; i < all.count; i++) {
        print_line(&all.lines[i]);
        values += all.lines[i].values;
        exceeded += all.lines[i].exceeded;
        failures += all.lines[i].failure != NULL;
    }
    printf("\n%ld values, %ld beyond their limit, %ld lines with a call that failed\n", values, exceeded, failures);
    return exceeded == 0 && failures == 0 && values > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
