/* The safetensors format: 8 bytes with the length N of the header, the header (JSON, N bytes), and the tensors' bytes:
 *   {"__metadata__": {"KEY": "VALUE", ...}, "NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}
 * Everything is little-endian, tensors are row-major; offsets count from the header's end, and the tensors fill the rest of
 * the file without holes or overlaps. Files may be hostile: every number is checked before it is used. */
#ifndef NTKI_SAFETENSORS_H
#define NTKI_SAFETENSORS_H

#include <stdbool.h>

#include "src/network/file_stream.h"
#include "src/network/network.h"

enum { NTKI_SAFETENSORS_MOST_HEADER = 100000000 }; /* bytes, as in the reference implementation */

/* ---- types of elements ---- */

typedef struct {
    const char *name;
    int64_t bytes;
    double (*get)(const unsigned char *bytes); /* NULL: not a type for parameters */
} ntki_element;

/* NULL for an unknown type. */
const ntki_element *ntki_element_find(const char *name);

/* ---- what a file holds ---- */

typedef struct {
    const char *name;
    const char *type_name;
    const ntki_element *type; /* NULL: a type that this version does not know */
    int64_t rank;
    int64_t shape[2]; /* the first two sizes */
    int64_t elements;
    int64_t begin, end; /* offsets */
} ntki_tensor;

typedef struct {
    char *header; /* names point into it */
    ntki_tensor *tensor;
    const ntki_tensor **by_name; /* in ascending order of their bytes */
    int64_t count;
    int64_t data; /* where offsets count from */
} ntki_tensors;

/* Reads and checks the header. To be released in any case; NTK_ERR_FORMAT, NTK_ERR_IO, NTK_ERR_NO_MEMORY. */
ntk_status ntki_tensors_read(ntki_tensors *tensors, ntki_file_reader *reader);
void ntki_tensors_release(ntki_tensors *tensors, ntk_context *context);

/* A name as a sentence can show it: a long one is cut, control characters are question marks. Returns `text`. */
enum { NTKI_NAME_SHOWN = 64 };
const char *ntki_name_shown(const char *name, char text[NTKI_NAME_SHOWN]);

/* Sorts by `before`, which says whether a stands before b. Heapsort: in place, n log n at worst. */
void ntki_tensors_sort(int64_t n, const ntki_tensor **tensor,
                       bool (*before)(const ntki_tensor *a, const ntki_tensor *b));

/* The tensor called STEM + SUFFIX, of which the stem has `length` bytes; NULL for none. */
const ntki_tensor *ntki_tensors_find(const ntki_tensors *tensors, const char *stem, size_t length, const char *suffix);

/* ---- which tensors are which parameters ---- */

/* Fills weight[l - 1] and bias[l - 1] (NULL: none) for layers 1 to depth, by the caller's names or, where these are NULL, in
 * the natural order of the file's. NTK_ERR_NULL, NTK_ERR_FORMAT. */
ntk_status ntki_tensors_choose(const ntki_tensors *tensors, const ntki_file *file, int64_t depth,
                               const char *const *names, const ntki_tensor **weight, const ntki_tensor **bias);

/* ---- between theta and tensors ---- */

/* Element (row, column) of a tensor is scale theta[column rows + row], with the scales of ntki_dense. How many rows are read
 * or written at a time: some 256 KB, but a row at least. */
static inline int64_t ntki_rows_at_once(int64_t rows, int64_t row_bytes) {
    const int64_t most = (INT64_C(1) << 18) / row_bytes;
    return most < 1 ? 1 : (most < rows ? most : rows);
}

#endif
