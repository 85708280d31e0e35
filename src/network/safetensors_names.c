/* Names of tensors: which of them are the parameters of which layer. */
#include <string.h>

#include "lib/json/utf8.h"
#include "src/network/safetensors.h"

const char *ntki_name_shown(const char *name, char text[NTKI_NAME_SHOWN]) {
    const int64_t size = (int64_t)strlen(name), room = NTKI_NAME_SHOWN - 4; /* for ... and NUL */
    int64_t at = 0;
    for (int64_t length = 0; at < size; at += length) {
        length = ntki_utf8_length(name + at, size - at);
        length = length > 0 ? length : 1;
        if (at + length > room)
            break;
        memcpy(text + at, name + at, (size_t)length);
        if ((unsigned char)text[at] < 0x20 || text[at] == 0x7f)
            text[at] = '?';
    }
    memcpy(text + at, at < size ? "..." : "", at < size ? 4 : 1);
    return text;
}

/* ---- sorting and finding ---- */

/* Lets the tensor at `root` sink to its place in the heap of the first n. */
static void sink(int64_t root, int64_t n, const ntki_tensor **tensor,
                 bool (*before)(const ntki_tensor *a, const ntki_tensor *b)) {
    const ntki_tensor *const sinking = tensor[root];
    for (int64_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && before(tensor[child], tensor[child + 1]))
            child++;
        if (!before(sinking, tensor[child]))
            break;
        tensor[root] = tensor[child];
    }
    tensor[root] = sinking;
}

void ntki_tensors_sort(int64_t n, const ntki_tensor **tensor,
                       bool (*before)(const ntki_tensor *a, const ntki_tensor *b)) {
    for (int64_t root = n / 2 - 1; root >= 0; root--)
        sink(root, n, tensor, before);
    for (int64_t last = n - 1; last > 0; last--) {
        const ntki_tensor *const most = tensor[0];
        tensor[0] = tensor[last];
        tensor[last] = most;
        sink(0, last, tensor, before);
    }
}

const ntki_tensor *ntki_tensors_find(const ntki_tensors *tensors, const char *stem, size_t length, const char *suffix) {
    int64_t low = 0, high = tensors->count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const char *const name = tensors->by_name[middle]->name;
        int order = strncmp(name, stem, length);
        order = order != 0 ? order : strcmp(name + length, suffix);
        if (order == 0)
            return tensors->by_name[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* ---- in the order of their names ---- */

/* Whether the name is SUFFIX itself or ends with .SUFFIX. */
static bool ends_with(const char *name, const char *suffix) {
    const size_t length = strlen(name), tail = strlen(suffix);
    return length >= tail && strcmp(name + length - tail, suffix) == 0 &&
           (length == tail || name[length - tail - 1] == '.');
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* <0, 0, >0: the numbers that begin at *a and *b, of any length; both move on to their ends. */
static int compare_numbers(const char **a, const char **b) {
    while (**a == '0')
        ++*a;
    while (**b == '0')
        ++*b;
    int order = 0;
    for (; is_digit(**a) && is_digit(**b); ++*a, ++*b)
        if (order == 0)
            order = **a - **b;
    if (is_digit(**a) || is_digit(**b))
        return is_digit(**a) ? 1 : -1;
    return order;
}

/* NAME of NAME.weight. */
static size_t stem_length(const char *name) {
    const size_t length = strlen(name) - strlen("weight");
    return length > 0 ? length - 1 : 0;
}

/* layers.2 before layers.10; names of equal numbers (1 and 01) by their bytes. */
static bool naturally_before(const ntki_tensor *x, const ntki_tensor *y) {
    const char *a = x->name, *b = y->name;
    const char *const end_a = a + stem_length(a), *const end_b = b + stem_length(b);
    while (a < end_a && b < end_b) {
        if (is_digit(*a) && is_digit(*b)) {
            const int order = compare_numbers(&a, &b);
            if (order != 0)
                return order < 0;
        } else if (*a != *b) {
            return (unsigned char)*a < (unsigned char)*b;
        } else {
            a++;
            b++;
        }
    }
    if (a < end_a || b < end_b)
        return a == end_a;
    return strcmp(x->name, y->name) < 0;
}

static ntk_status choose_by_order(const ntki_tensors *tensors, const ntki_file *file, int64_t depth,
                                  const ntki_tensor **weight, const ntki_tensor **bias) {
    char name[NTKI_NAME_SHOWN];
    int64_t weights = 0, biases = 0, found = 0;
    for (int64_t i = 0; i < tensors->count; i++) {
        const ntki_tensor *const tensor = tensors->by_name[i];
        if (ends_with(tensor->name, "weight")) {
            if (weights < depth)
                weight[weights] = tensor;
            weights++;
        } else if (ends_with(tensor->name, "bias")) {
            biases++;
        } else {
            return ntki_file_refuse(file, "tensor %s is neither NAME.weight nor NAME.bias; names can say which to read",
                                    ntki_name_shown(tensor->name, name));
        }
    }
    if (weights != depth)
        return ntki_file_refuse(file, "holds %lld tensors NAME.weight, but the network has %lld layers",
                                (long long)weights, (long long)depth);
    ntki_tensors_sort(depth, weight, naturally_before);
    for (int64_t l = 0; l < depth; l++) {
        const char *const stem = weight[l]->name;
        bias[l] = ntki_tensors_find(tensors, stem, strlen(stem) - strlen("weight"), "bias");
        found += bias[l] != NULL;
    }
    if (found != biases)
        return ntki_file_refuse(file, "holds a tensor NAME.bias without its NAME.weight");
    return NTK_SUCCESS;
}

/* ---- by the caller's names ---- */

static ntk_status choose_by_name(const ntki_tensors *tensors, const ntki_file *file, int64_t depth,
                                 const char *const *names, const ntki_tensor **weight, const ntki_tensor **bias) {
    char shown[NTKI_NAME_SHOWN];
    for (int64_t i = 0; i < 2 * depth; i++) {
        const char *const name = names[i];
        const ntki_tensor **const place = i % 2 == 0 ? &weight[i / 2] : &bias[i / 2];
        *place = NULL;
        if (name == NULL && i % 2 == 1)
            continue;
        if (name == NULL)
            return ntki_fail(file->context, NTK_ERR_NULL, file->function, "names[%lld] is NULL; only a bias may be",
                             (long long)i);
        if ((*place = ntki_tensors_find(tensors, name, strlen(name), "")) == NULL)
            return ntki_file_refuse(file, "holds no tensor %s", ntki_name_shown(name, shown));
    }
    return NTK_SUCCESS;
}

ntk_status ntki_tensors_choose(const ntki_tensors *tensors, const ntki_file *file, int64_t depth,
                               const char *const *names, const ntki_tensor **weight, const ntki_tensor **bias) {
    return names != NULL ? choose_by_name(tensors, file, depth, names, weight, bias)
                         : choose_by_order(tensors, file, depth, weight, bias);
}
