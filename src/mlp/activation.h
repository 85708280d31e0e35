/* Activations: one row a kind, with what every room needs to know of it. */
#ifndef NTKI_ACTIVATION_H
#define NTKI_ACTIVATION_H

#include <stdbool.h>

#include <ntk/mlp.h>

enum { NTKI_ACTIVATION_PARAMETERS = 33, NTKI_ACTIVATION_KINKS = 16, NTKI_ACTIVATION_KIND_KINKS = 2 };

/* An activation by value: what a layer keeps. */
typedef struct {
    int32_t kind;
    int32_t parameter_count;
    double parameters[NTKI_ACTIVATION_PARAMETERS];
    ntk_activation_function function;   /* the caller's phi (NTK_ACTIVATION_FUNCTION) */
    ntk_activation_function derivative; /* may be NULL */
    ntk_dual_function dual;             /* of NTK_ACTIVATION_DUAL */
    void *user;
    /* Of every kind. Between the kinks, which are in ascending order, phi is smooth. */
    int32_t parity; /* NTK_PARITY_NONE also where the parameters would decide */
    int32_t kink_count;
    double kinks[NTKI_ACTIVATION_KINKS];
} ntki_activation;

typedef struct {
    const char *name;
    int32_t least_parameters, most_parameters; /* equal but for POLYNOMIAL */
    int32_t default_count;
    double defaults[3];
    double (*value)(const ntki_activation *activation, double x);      /* phi; NULL for FUNCTION and DUAL */
    double (*derivative)(const ntki_activation *activation, double x); /* phi' */
    double (*second)(const ntki_activation *activation, double x);     /* phi''; at a kink 0 or that from the left */
    /* False when the kind does not allow the parameters, with what it wants in *rule ("degree must be ..."). NULL: all
     * finite ones are allowed. */
    bool (*allows)(const ntki_activation *activation, const char **rule);
    int32_t parity;
    int32_t kink_count;
    double kinks[NTKI_ACTIVATION_KIND_KINKS];
} ntki_activation_row;

/* NULL for an unknown kind. */
const ntki_activation_row *ntki_activation_find(int32_t kind);

/* The plain activation of a kind that has a row. */
ntki_activation ntki_activation_plain(int32_t kind);

/* phi (phi', phi'') at n points: of a kind or of the caller, who has no phi''. NTK_ERR_CALLBACK when the caller's
 * function fails, NTK_ERR_NOT_FINITE when it returns what is no number at a finite point, NTK_ERR_UNSUPPORTED when there
 * is none. x and y do not overlap. */
ntk_status ntki_activation_values(ntk_context *context, const char *function, const ntki_activation *activation,
                                  int64_t n, const double *x, double *y);
ntk_status ntki_activation_derivatives(ntk_context *context, const char *function, const ntki_activation *activation,
                                       int64_t n, const double *x, double *dy);
ntk_status ntki_activation_seconds(ntk_context *context, const char *function, const ntki_activation *activation,
                                   int64_t n, const double *x, double *ddy);

struct ntk_activation {
    ntk_context *context;
    ntki_activation activation;
};

#endif
