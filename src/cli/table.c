/* Tables of numbers. See table.h. */
#include "src/cli/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "src/cli/failure.h"

static const int64_t most_values = (int64_t)(INT64_MAX / 2 < SIZE_MAX / 2 ? INT64_MAX / 2 : SIZE_MAX / 2) / 8;

void table_free(struct table *table) {
    free(table->values);
    names_free(&table->names);
    table->values = NULL;
    table->count = table->capacity = 0;
}

int table_reserve(struct table *table, int64_t count) {
    if (count > most_values - table->count)
        return fail_memory("reading a table");
    const int64_t wanted = table->count + count;
    if (wanted <= table->capacity)
        return DONE;
    int64_t capacity = table->capacity < most_values / 2 ? 2 * table->capacity : most_values;
    if (capacity < 1024)
        capacity = 1024;
    if (capacity < wanted)
        capacity = wanted;
    double *values = realloc(table->values, (size_t)capacity * sizeof(double));
    if (!values)
        return fail(LIBRARY_FAILURE, "%s: out of memory: the table holds more than %lld numbers", table->path,
                    (long long)table->count);
    table->values = values;
    table->capacity = capacity;
    return DONE;
}

int table_append(struct table *table, int64_t count, const double *values) {
    const int code = table_reserve(table, count);
    if (code != DONE)
        return code;
    memcpy(table->values + table->count, values, (size_t)count * sizeof(double));
    table->count += count;
    return DONE;
}

void table_trim(struct table *table) {
    if (table->count == 0 || table->count == table->capacity)
        return;
    double *values = realloc(table->values, (size_t)table->count * sizeof(double));
    if (values) {
        table->values = values;
        table->capacity = table->count;
    }
}

int table_take_column(struct table *table, int64_t column, double **values) {
    double *taken = malloc((size_t)table->rows * sizeof(double));
    if (!taken)
        return fail_memory("separating the labels");
    double *to = table->values;
    for (int64_t i = 0; i < table->rows; i++) {
        const double *from = table->values + i * table->columns;
        taken[i] = from[column];
        const int64_t before = column, after = table->columns - column - 1;
        memmove(to, from, (size_t)before * sizeof(double));
        memmove(to + before, from + column + 1, (size_t)after * sizeof(double));
        to += table->columns - 1;
    }
    table->columns--;
    names_remove(&table->names, column);
    table->count = table->rows * table->columns;
    *values = taken;
    return DONE;
}

bool table_may_fill(const struct table *table, int64_t rows, int64_t columns) {
    enum { MOST_FILL = 4096, SMALL_TABLE = 1 << 20 };
    const int64_t most = table->stored < most_values / MOST_FILL ? table->stored * MOST_FILL : most_values;
    return columns < (most > SMALL_TABLE ? most : SMALL_TABLE) / rows;
}

int table_widen(struct table *table, int64_t columns) {
    if (!table_may_fill(table, table->rows, columns))
        return fail(INPUT_ERROR,
                    "%s: %lld features, as the other file has, would make a table of mostly zeros that is too large",
                    table->path, (long long)columns);
    const int64_t old = table->columns;
    const int code = table_reserve(table, table->rows * columns - table->count);
    if (code != DONE)
        return code;
    for (int64_t i = table->rows - 1; i >= 0; i--) {
        double *row = table->values + i * columns;
        memmove(row, table->values + i * old, (size_t)old * sizeof(double));
        for (int64_t j = old; j < columns; j++)
            row[j] = 0.0;
    }
    table->columns = columns;
    table->count = table->rows * columns;
    return DONE;
}

int table_check_finite(const struct table *table) {
    for (int64_t i = 0; i < table->count; i++)
        if (!isfinite(table->values[i]))
            return fail(INPUT_ERROR, "%s: row %lld, column %lld: the value is %s; every value must be finite",
                        table->path, (long long)(i / table->columns + 1), (long long)(i % table->columns + 1),
                        isnan(table->values[i]) ? "NaN" : "infinite");
    return DONE;
}
