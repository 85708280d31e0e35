/* A progress bar on stderr, for people: shown only when stderr is a terminal and nobody asked for quiet. */
#ifndef NTK_CLI_PROGRESS_H
#define NTK_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* Allows the bar unless `quiet`; without this call nothing is ever drawn. */
void progress_begin(bool quiet);

/* An ntk_progress_callback: draws, and cancels when a signal has come. */
int32_t progress_report(double fraction, const char *phase, void *user);

/* Wipes the bar, so that other text can be printed. */
void progress_clear(void);

#endif
