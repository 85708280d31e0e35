/* Signal handling. See interrupt.h. */
#define _POSIX_C_SOURCE 200809L
#define _XOPEN_SOURCE 700 /* SA_RESETHAND */

#include "src/cli/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "src/cli/failure.h"

static volatile sig_atomic_t received = 0;
static ntk_context *volatile running = NULL;

static void on_signal(int number) {
    received = number;
    ntk_context_cancel(running); /* documented as safe in a handler; NULL is allowed */
}

void interrupt_install(ntk_context *context) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    running = context;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction current;
        /* A parent that ignores the signal (nohup, a background job of a shell) means it. */
        if (sigaction(signals[i], NULL, &current) != 0 || current.sa_handler == SIG_IGN)
            continue;
        struct sigaction action;
        memset(&action, 0, sizeof action);
        action.sa_handler = on_signal;
        action.sa_flags = (int)SA_RESETHAND; /* no SA_RESTART: a read that waits for a pipe ends too */
        sigemptyset(&action.sa_mask);
        sigaction(signals[i], &action, NULL);
    }
}

void interrupt_forget(void) { running = NULL; }

bool interrupt_requested(void) { return received != 0; }

int interrupt_exit_code(void) { return received ? 128 + (int)received : INTERRUPTED; }
