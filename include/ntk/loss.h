/* Losses: what a flow or a trained network makes small.
 *
 * L(f) = (1/n) sum_i loss(f_i, y_i) for outputs f and targets y, both n x c. All kinds but the caller's are convex in
 * f. Where a loss has a kink its gradient is the subgradient 0. A loss belongs to its context; what is made with it
 * keeps a copy. Formulas, and how they keep their digits: docs/theory/losses.md. */
#ifndef NTK_LOSS_H
#define NTK_LOSS_H

#include <ntk/context.h>

NTK_BEGIN_DECLS

typedef struct ntk_loss ntk_loss;

/* Kinds, with what they make of a sample. Sums run over the c outputs. The numbers are pinned. */
enum {
    NTK_LOSS_SQUARED = 0,             /* sum (f - y)^2 / 2 */
    NTK_LOSS_LOGISTIC = 1,            /* sum log(1 + exp(-y f)), y = -1 or 1 */
    NTK_LOSS_CROSS_ENTROPY = 2,       /* -sum y_k log softmax(f)_k, y >= 0 with sum 1 (one class: one-hot), c >= 2 */
    NTK_LOSS_HINGE = 3,               /* sum max(0, 1 - y f), y = -1 or 1 */
    NTK_LOSS_SQUARED_HINGE = 4,       /* sum max(0, 1 - y f)^2 / 2, y = -1 or 1 */
    NTK_LOSS_EPSILON_INSENSITIVE = 5, /* sum max(0, |f - y| - epsilon); parameter epsilon >= 0, default 0.1 */
    NTK_LOSS_HUBER = 6,               /* sum r^2 / 2 for |r| <= delta, else delta (|r| - delta / 2), r = f - y;
                                         parameter delta > 0, default 1 */
    NTK_LOSS_FUNCTION = 7             /* the caller's: ntk_loss_create_function() */
};

/* The caller's loss on n rows, contiguous: gradient[i c + k] = n dL / df_ik, where L is the caller's cost of these n
 * rows; for a sum over rows, that is dloss_i / df_ik. Rows may depend on each other: this is the functional derivative
 * of a cost. Returns 0, or anything else to report failure. Called on the thread that called the library, never on
 * another. */
typedef int32_t (*ntk_loss_gradient_function)(void *user, int64_t n, int64_t c, const double *f, const double *y,
                                              double *gradient);

/* value[i] for n rows, such that L is their mean. As above. */
typedef int32_t (*ntk_loss_value_function)(void *user, int64_t n, int64_t c, const double *f, const double *y,
                                           double *value);

/* A loss of the given kind. `params` holds n doubles; n = 0 (params may then be NULL): the defaults. Returns
 * NTK_ERR_NULL, NTK_ERR_ENUM (also for FUNCTION), NTK_ERR_SIZE (n is neither 0 nor the number of parameters),
 * NTK_ERR_NOT_FINITE, NTK_ERR_DOMAIN, NTK_ERR_NO_MEMORY. Since 0.3. */
NTK_API ntk_status ntk_loss_create(ntk_context *context, int32_t kind, const double *params, int64_t n, ntk_loss **out);

/* The caller's loss. `value` may be NULL: where a value is needed, NTK_ERR_UNSUPPORTED. `user` must outlive all that
 * is made with the loss. Returns NTK_ERR_NULL, NTK_ERR_NO_MEMORY. Since 0.3. */
NTK_API ntk_status ntk_loss_create_function(ntk_context *context, ntk_loss_gradient_function gradient,
                                            ntk_loss_value_function value, void *user, ntk_loss **out);

/* NULL is allowed. Since 0.3. */
NTK_API void ntk_loss_destroy(ntk_loss *loss);

/* value (n numbers) and gradient (n x c, ldg >= c) at f (n x c, ldf >= c) and y (n x c, ldy >= c); value or gradient
 * may be NULL, and gradient may be f with ldg = ldf. Finite for every finite f, unless the result itself exceeds the
 * range; a small value or gradient is as accurate as a large one. Cost: O(n c); memory: at most 3 n c + n doubles.
 * Returns NTK_ERR_NULL, NTK_ERR_SIZE (also c = 1 for the cross-entropy), NTK_ERR_LEADING_DIMENSION, NTK_ERR_ALIAS,
 * NTK_ERR_NOT_FINITE (f, y, or what the caller's function gave), NTK_ERR_DOMAIN (a target outside the loss's domain:
 * the sentence names row and value; probabilities are taken to sum to 1 to 1e-6), NTK_ERR_RANGE, NTK_ERR_CALLBACK,
 * NTK_ERR_UNSUPPORTED, NTK_ERR_NO_MEMORY. Since 0.3. */
NTK_API ntk_status ntk_loss_evaluate(const ntk_loss *loss, int64_t n, int64_t c, const double *f, int64_t ldf,
                                     const double *y, int64_t ldy, double *value, double *gradient, int64_t ldg);

/* Returns NTK_ERR_NULL. Since 0.3. */
NTK_API ntk_status ntk_loss_get_kind(const ntk_loss *loss, int32_t *kind);

/* The lower-case name of a kind, e.g. "cross_entropy"; NULL for an unknown kind. Static. Since 0.3. */
NTK_API const char *ntk_loss_kind_name(int32_t kind);

/* The kind of that name. Returns NTK_ERR_NULL, NTK_ERR_ENUM. Since 0.3. */
NTK_API ntk_status ntk_loss_kind_from_name(const char *name, int32_t *kind);

NTK_END_DECLS

#endif
