/* The predictions of `ntk predict` as a file. */
#include <math.h>

#include "src/cli/interrupt.h"
#include "src/cli/predict.h"

/* The added mean of the training targets; 0 for classes. */
static double shift_of(const struct predict *run, int64_t output) {
    return run->targets.classification ? 0.0 : run->targets.values[output];
}

static void write_npy(const struct predict *run) {
    FILE *stream = run->file.stream;
    const int64_t columns = run->c + (run->variance != NULL);
    const int64_t shape[3] = {run->steps, run->m, columns};
    write_npy_header(stream, run->steps > 1 ? 3 : 2, run->steps > 1 ? shape : shape + 1);
    for (int64_t i = 0; i < run->steps * run->m && !interrupt_requested(); i++) {
        for (int64_t j = 0; j < run->c; j++) {
            const double value = run->outputs[i * run->c + j] + shift_of(run, j);
            write_npy_values(stream, 1, &value);
        }
        if (run->variance)
            write_npy_values(stream, 1, &run->variance[i]);
    }
}

static void write_csv_header(const struct predict *run) {
    FILE *stream = run->file.stream;
    char number[64], name[128];
    fputs(run->steps > 1 ? "time," : "", stream);
    fputs(run->targets.classification ? "class," : "", stream);
    for (int64_t j = 0; j < run->c; j++) {
        if (run->targets.classification)
            snprintf(name, sizeof name, "output_%s", targets_class_name(&run->targets, j, number));
        else
            snprintf(name, sizeof name, run->c > 1 ? "output_%lld" : "output", (long long)j + 1);
        fputs(j ? "," : "", stream);
        write_csv_text(stream, name);
    }
    fputs(run->variance ? ",variance\n" : "\n", stream);
}

static void write_csv_row(const struct predict *run, int64_t step, int64_t row) {
    FILE *stream = run->file.stream;
    const double *outputs = run->outputs + (step * run->m + row) * run->c;
    char number[64];
    if (run->steps > 1) {
        write_csv_number(stream, run->times[step]);
        fputc(',', stream);
    }
    if (run->targets.classification) {
        write_csv_text(stream, targets_class_name(&run->targets, largest_output(run->c, outputs), number));
        fputc(',', stream);
    }
    for (int64_t j = 0; j < run->c; j++) {
        fputs(j ? "," : "", stream);
        write_csv_number(stream, outputs[j] + shift_of(run, j));
    }
    if (run->variance) {
        fputc(',', stream);
        write_csv_number(stream, run->variance[row]);
    }
    fputc('\n', stream);
}

void predict_write(struct predict *run) {
    if (run->file_format == MATRIX_NPY) {
        write_npy(run);
        return;
    }
    write_csv_header(run);
    for (int64_t step = 0; step < run->steps; step++)
        for (int64_t row = 0; row < run->m && !interrupt_requested(); row++)
            write_csv_row(run, step, row);
}
