/* The model's outputs anywhere, and the loss on the training set. */
#include "src/network/typed.h"
#include "src/train/train.h"

#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"

/* What the outputs are made of. */
typedef struct {
    const ntk_trainer *trainer;
    const char *function;
    const double *theta;   /* of the forward pass */
    const double *tangent; /* v of J v, or NULL */
    bool without_start;    /* F(x; theta_0) does not count */
} recipe;

static ntk_status refuse(const recipe *how) {
    return ntki_fail(how->trainer->context, NTK_ERR_RANGE, how->function, "the outputs exceed the double range");
}

/* The rows of a block, in f. */
static ntk_status fill_block(const recipe *how, ntki_pass_f64 *pass, const ntki_block_f64 *block, double *f) {
    const ntki_pass_layer_f64 *const last = &pass->layer[pass->depth];
    const int64_t count = block->rows * last->units;
    const bool linearised = how->tangent != NULL;
    ntki_train_attach(pass, how->theta);
    ntk_status status = linearised ? ntki_pass_tangent_f64(pass, how->function, block, how->tangent)
                                   : ntki_pass_forward_f64(pass, how->function, block);
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < count; i++)
        f[i] = !linearised ? last->z[i] : how->without_start ? last->tangent_z[i] : last->z[i] + last->tangent_z[i];
    if (how->without_start && !linearised) {
        ntki_train_attach(pass, how->trainer->network->theta);
        if ((status = ntki_pass_forward_f64(pass, how->function, block)) != NTK_SUCCESS)
            return status;
        for (int64_t i = 0; i < count; i++)
            f[i] -= last->z[i];
    }
    return ntki_all_finite(count, f) ? NTK_SUCCESS : refuse(how);
}

static ntk_status fill(const recipe *how, int64_t m, const double *z, int64_t ldz, double *f) {
    const ntk_trainer *const trainer = how->trainer;
    const ntki_pass_purpose purpose = how->tangent != NULL ? NTKI_PASS_TANGENT : NTKI_PASS_FORWARD;
    const int64_t most = ntki_pass_rows_f64(trainer->network, purpose), blocks = (m - 1) / most + 1;
    const int64_t rows = (m - 1) / blocks + 1;
    ntki_pass_f64 *pass = NULL;
    ntk_status status = ntki_pass_create_f64(trainer->network, how->function, purpose, trainer->lowest, rows, &pass);
    if (status == NTK_SUCCESS)
        status = ntki_progress(trainer->context, how->function, 0, "outputs");
    for (int64_t first = 0; status == NTK_SUCCESS && first < m; first += rows) {
        const ntki_block_f64 block = {first, ntki_smaller(rows, m - first), z + first * ldz, ldz};
        status = fill_block(how, pass, &block, f + first * trainer->outputs);
        if (status == NTK_SUCCESS)
            status =
                ntki_progress(trainer->context, how->function, (double)(first + block.rows) / (double)m, "outputs");
    }
    ntki_pass_destroy_f64(pass);
    return status;
}

ntk_status ntki_train_outputs(ntk_trainer *trainer, const char *function, int64_t m, const double *z, int64_t ldz,
                              double *f) {
    const bool linearised = ntki_train_is_linearised(trainer);
    const recipe how = {trainer, function, linearised ? trainer->network->theta : trainer->state,
                        linearised ? trainer->state : NULL, trainer->set.centred};
    return fill(&how, m, z, ldz, f);
}

ntk_status ntki_train_loss(ntk_trainer *trainer, const char *function, double *loss) {
    ntk_context *const context = trainer->context;
    const int64_t n = trainer->n;
    double *f = NULL, *value = NULL, sum = 0;
    ntk_status status;
    if ((status = ntki_allocate_matrix(context, function, n, trainer->outputs, &f)) == NTK_SUCCESS &&
        (status = ntki_allocate_matrix(context, function, 1, n, &value)) == NTK_SUCCESS &&
        (status = ntki_train_outputs(trainer, function, n, trainer->x, trainer->inputs, f)) == NTK_SUCCESS)
        status = ntki_loss_values(trainer->loss, context, function, n, trainer->outputs, f, trainer->y, value);
    for (int64_t i = 0; status == NTK_SUCCESS && i < n; i++)
        sum += (trainer->weight != NULL ? trainer->weight[i] : 1) * (value[i] / (double)n);
    if (status == NTK_SUCCESS && !isfinite(sum))
        status = ntki_fail(context, NTK_ERR_RANGE, function, "the loss exceeds the double range");
    if (status == NTK_SUCCESS)
        *loss = sum;
    ntki_release(context, value);
    ntki_release(context, f);
    return status;
}
