#include "src/svm/classes.h"

#include "lib/memory/memory.h"

/* Moves values[root] down until no child is larger, among the first `count`. */
static void sift(int64_t count, int64_t root, double *values) {
    const double moved = values[root];
    for (int64_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && values[child + 1] > values[child])
            child++;
        if (values[child] <= moved)
            break;
        values[root] = values[child];
        values[child] = moved;
    }
}

/* Heapsort: no memory, and no order of the labels takes more than n log n. */
static void sort(int64_t n, double *values) {
    for (int64_t root = n / 2; root-- > 0;)
        sift(n, root, values);
    for (int64_t end = n - 1; end > 0; end--) {
        const double largest = values[0];
        values[0] = values[end];
        values[end] = largest;
        sift(end, 0, values);
    }
}

static int64_t find(int64_t count, const double *labels, double label) {
    int64_t low = 0, high = count - 1;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (labels[middle] < label)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

ntk_status ntki_svm_find_classes(ntk_context *context, const char *function, int64_t n, const double *y,
                                 int64_t *classes, double **labels, int64_t **class_of) {
    ntk_status status;
    int64_t count = 1;
    if ((status = ntki_allocate_matrix(context, function, n, 1, labels)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, n, sizeof(int64_t), class_of)) != NTK_SUCCESS)
        return status;
    double *const sorted = *labels;
    for (int64_t i = 0; i < n; i++)
        sorted[i] = y[i] + 0.0; /* -0 is 0 */
    sort(n, sorted);
    for (int64_t i = 1; i < n; i++)
        if (sorted[i] != sorted[count - 1])
            sorted[count++] = sorted[i];
    if (count == 1)
        return ntki_fail(context, NTK_ERR_DOMAIN, function, "all %lld labels are %g; a machine needs two classes",
                         (long long)n, sorted[0]);
    for (int64_t i = 0; i < n; i++)
        (*class_of)[i] = find(count, sorted, y[i]);
    *classes = count;
    return NTK_SUCCESS;
}
