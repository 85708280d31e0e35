/* Activations: one row a kind, with what every room needs to know of it. */
#ifndef NTKI_ACTIVATION_H
#define NTKI_ACTIVATION_H

#include <ntk/mlp.h>

enum { NTKI_ACTIVATION_PARAMETERS = 4 };

/* An activation by value: what a layer keeps. */
typedef struct {
    int32_t kind;
    double parameters[NTKI_ACTIVATION_PARAMETERS];
} ntki_activation;

typedef struct {
    const char *name;
    int64_t parameter_count;
    double defaults[NTKI_ACTIVATION_PARAMETERS];
    double (*value)(const double *parameters, double x);      /* phi */
    double (*derivative)(const double *parameters, double x); /* phi' */
} ntki_activation_row;

/* NULL for an unknown kind. */
const ntki_activation_row *ntki_activation_find(int32_t kind);

struct ntk_activation {
    ntk_context *context;
    ntki_activation activation;
};

#endif
