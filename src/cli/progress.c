/* The progress bar. See progress.h. */
#define _POSIX_C_SOURCE 200809L

#include "src/cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "src/cli/interrupt.h"

enum { BAR_WIDTH = 30, PHASE_LENGTH = 40 };

static struct {
    bool enabled;
    bool drawn;
    int percent;
    char phase[PHASE_LENGTH];
} bar;

void progress_begin(bool quiet) { bar.enabled = !quiet && isatty(STDERR_FILENO) == 1; }

static void draw(int percent, const char *phase) {
    char cells[BAR_WIDTH + 1];
    const int full = percent * BAR_WIDTH / 100;
    for (int i = 0; i < BAR_WIDTH; i++)
        cells[i] = i < full ? '#' : '.';
    cells[BAR_WIDTH] = '\0';
    fprintf(stderr, "\r[%s] %3d%% %.*s\033[K", cells, percent, PHASE_LENGTH - 1, phase);
    fflush(stderr);
    bar.drawn = true;
    bar.percent = percent;
    snprintf(bar.phase, sizeof bar.phase, "%s", phase);
}

int32_t progress_report(double fraction, const char *phase, void *user) {
    (void)user;
    if (interrupt_requested())
        return 1;
    if (!bar.enabled || !phase)
        return 0;
    const double clamped = fraction > 0.0 ? (fraction < 1.0 ? fraction : 1.0) : 0.0;
    const int percent = (int)(clamped * 100.0);
    /* Redrawing costs a system call, so only what would look different is drawn. */
    if (!bar.drawn || percent != bar.percent || strncmp(phase, bar.phase, PHASE_LENGTH - 1) != 0)
        draw(percent, phase);
    return 0;
}

void progress_clear(void) {
    if (!bar.drawn)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    bar.drawn = false;
}
