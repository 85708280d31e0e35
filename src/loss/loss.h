/* Losses as the other rooms see them: blocks of rows without gaps. */
#ifndef NTKI_LOSS_H
#define NTKI_LOSS_H

#include <stdbool.h>

#include <ntk/loss.h>

struct ntk_loss {
    ntk_context *context; /* a hold of its own */
    int32_t kind;
    double parameter;                    /* epsilon or delta */
    ntk_loss_gradient_function gradient; /* the caller's (NTK_LOSS_FUNCTION) */
    ntk_loss_value_function value;       /* the caller's; may be NULL */
    void *user;
};

/* A copy in `context`, of which it takes a hold of its own. */
ntk_status ntki_loss_copy(ntk_context *context, const char *function, const ntk_loss *loss, ntk_loss **out);

/* NULL is allowed. */
void ntki_loss_release(ntk_loss *loss);

/* Whether y (n x c) is finite and what the loss allows; the caller has checked pointer and sizes. NTK_ERR_NOT_FINITE,
 * NTK_ERR_DOMAIN, NTK_ERR_SIZE (cross-entropy of one output). */
ntk_status ntki_loss_check_targets(const ntk_loss *loss, ntk_context *context, const char *function, int64_t n,
                                   int64_t c, const double *y, int64_t ldy);

/* value[i] = loss(f_i, y_i), n numbers, and gradient[i c + k] = dloss_i / df_ik, n x c. f, y and gradient have no
 * gaps; f is finite and y passed ntki_loss_check_targets(). `gradient` may be f for every kind but NTK_LOSS_FUNCTION.
 * What is written counts on success only. NTK_ERR_RANGE, NTK_ERR_CALLBACK, NTK_ERR_NOT_FINITE (from the caller's
 * function), NTK_ERR_UNSUPPORTED (the caller gave no value). */
ntk_status ntki_loss_values(const ntk_loss *loss, ntk_context *context, const char *function, int64_t n, int64_t c,
                            const double *f, const double *y, double *value);
ntk_status ntki_loss_gradient(const ntk_loss *loss, ntk_context *context, const char *function, int64_t n, int64_t c,
                              const double *f, const double *y, double *gradient);

/* Whether the loss is a sum over outputs: all kinds but the cross-entropy and, since it is not known, the caller's. */
bool ntki_loss_is_separable(const ntk_loss *loss);

/* Second derivatives at f, n x c, where f and y are as above (not of NTK_LOSS_FUNCTION). Of a separable loss
 * out[i c + k] = d2 loss_i / df_ik^2, at a kink that of one side; of the cross-entropy p_ik = (sum_j y_ij)
 * softmax(f_i)_k, which gives the Hessian diag(p_i) - p_i p_i' / sum_j y_ij of row i. */
void ntki_loss_second_derivatives(const ntk_loss *loss, int64_t n, int64_t c, const double *f, const double *y,
                                  double *out);

/* The largest second derivative: 1 for squared, squared hinge and Huber, 1/2 for cross-entropy, 1/4 for logistic; the
 * others, which have none or are not known, count as 1. */
double ntki_loss_curvature(const ntk_loss *loss);

#endif
