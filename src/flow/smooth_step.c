/* One step of ESDIRK5(4)7L[2]SA2 [Kennedy19]: seven stages, the first explicit and the others with the same diagonal
 * coefficient; order 5 with an estimate of order 4; L-stable and stiffly accurate.
 *
 * Stage i, at t + c_i h, has the coefficients a_i = a + h sum_j A_ij k_j, k_j = -lambda a_j - rate v_j, where v_j is W dloss/df
 * at F_j = exp(-lambda t_j) f_0 + K a_j. With s = 1 / (1 + gamma h lambda) and x = s gamma h rate v that is
 *   F_i = r - K x,   r = exp(-lambda t_i) f_0 + s K (a + h sum_{j<i} A_ij k_j). */
#include "src/flow/smooth.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"
#include "src/loss/loss.h"

#define GAMMA (23.0 / 125.0)
#define A21 GAMMA
#define A32 (791020047304.0 / 3561426431547.0)
#define A42 (-158159076358.0 / 11257294102345.0)
#define A43 (-85517644447.0 / 5003708988389.0)
#define A52 (-1653327111580.0 / 4048416487981.0)
#define A53 (1514767744496.0 / 9099671765375.0)
#define A54 (14283835447591.0 / 12247432691556.0)
#define A62 (-4540011970825.0 / 8418487046959.0)
#define A63 (-1790937573418.0 / 7393406387169.0)
#define A64 (10819093665085.0 / 7266595846747.0)
#define A65 (4109463131231.0 / 7386972500302.0)
#define B2 (-188593204321.0 / 4778616380481.0)
#define B3 (2809310203510.0 / 10304234040467.0)
#define B4 (1021729336898.0 / 2364210264653.0)
#define B5 (870612361811.0 / 2470410392208.0)
#define B6 (-1307970675534.0 / 8059683598661.0)
#define B1 (1 - B2 - B3 - B4 - B5 - B6 - GAMMA)
#define D2 (-582099335757.0 / 7214068459310.0)
#define D3 (615023338567.0 / 3362626566945.0)
#define D4 (3192122436311.0 / 6174152374399.0)
#define D5 (6156034052041.0 / 14430468657929.0)
#define D6 (-1011318518279.0 / 9693750372484.0)
#define D7 (1914490192573.0 / 13754262428401.0)
#define D1 (1 - D2 - D3 - D4 - D5 - D6 - D7)
#define C2 (46.0 / 125.0)
#define C3 (7121331996143.0 / 11335814405378.0)
#define C4 (49.0 / 353.0)
#define C5 (3706679970760.0 / 5295570149437.0)
#define C6 (347.0 / 382.0)

static const double nodes[NTKI_STAGES] = {0, C2, C3, C4, C5, C6, 1};
/* Below the diagonal. */
static const double before[NTKI_STAGES][NTKI_STAGES - 1] = {
    {0},
    {C2 - GAMMA},
    {C3 - A32 - GAMMA, A32},
    {C4 - A42 - A43 - GAMMA, A42, A43},
    {C5 - A52 - A53 - A54 - GAMMA, A52, A53, A54},
    {C6 - A62 - A63 - A64 - A65 - GAMMA, A62, A63, A64, A65},
    {B1, B2, B3, B4, B5, B6},
};
/* Between the method and the one of order 4. */
static const double difference[NTKI_STAGES] = {B1 - D1, B2 - D2, B3 - D3, B4 - D4, B5 - D5, B6 - D6, GAMMA - D7};

enum { VECTORS = 3 * NTKI_STAGES + 4 + 7, GUESS_NODES = 4 };

/* Of the tolerance of a step, what an iteration may leave. */
static const double iteration_share = 0.02;

ntk_status ntki_stepper_create(ntki_stepper *stepper, const char *function, const ntki_flow_problem *problem) {
    const int64_t all = problem->n * problem->c;
    memset(stepper, 0, sizeof(*stepper));
    ntk_status status = ntki_system_create(&stepper->system, function, problem);
    if (status == NTK_SUCCESS)
        status = ntki_allocate_matrix(problem->context, function, VECTORS, all, &stepper->memory);
    if (status != NTK_SUCCESS) {
        ntki_stepper_release(stepper);
        return status;
    }
    double *next = stepper->memory;
    for (int32_t i = 0; i < NTKI_STAGES; i++, next += 3 * all) {
        stepper->k[i] = next;
        stepper->kk[i] = next + all;
        stepper->f[i] = next + 2 * all;
    }
    double **const vectors[] = {&stepper->a_sum,         &stepper->ka_sum,     &stepper->r,
                                &stepper->filtered,      &stepper->stage.f,    &stepper->stage.x,
                                &stepper->stage.kx,      &stepper->stage.grad, &stepper->stage.step,
                                &stepper->stage.product, &stepper->stage.trial};
    for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++, next += all)
        *vectors[i] = next;
    stepper->stage.r = stepper->r;
    return NTK_SUCCESS;
}

void ntki_stepper_release(ntki_stepper *stepper) {
    if (stepper->system.problem == NULL)
        return;
    ntk_context *const context = stepper->system.problem->context;
    ntki_release(context, stepper->memory);
    ntki_system_release(&stepper->system);
    stepper->memory = NULL;
}

/* ---- pieces ---- */

static double decay_at(const ntki_flow_problem *problem, double t) {
    return problem->decay > 0 ? exp(-problem->decay * t) : 1;
}

/* F and the derivative at the beginning. */
static ntk_status first_stage(ntki_stepper *stepper, const char *function, ntki_step *step) {
    const ntki_flow_problem *const problem = stepper->system.problem;
    const int64_t all = problem->n * problem->c;
    const double decay = decay_at(problem, step->t), rate = problem->rate, lambda = problem->decay;
    double *const f = stepper->f[0], *const k = stepper->k[0], *const kk = stepper->kk[0];
    double *const ka = stepper->filtered;
    ntki_smooth_multiply(problem, step->a, ka);
    for (int64_t i = 0; i < all; i++)
        f[i] = (problem->initial != NULL ? decay * problem->initial[i] : 0) + ka[i];
    const ntk_status status = ntki_stage_gradient(problem, function, f, stepper->stage.grad);
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < all; i++)
        k[i] = -lambda * step->a[i] - rate * stepper->stage.grad[i];
    ntki_smooth_multiply(problem, k, kk);
    step->motion = 0;
    for (int64_t i = 0; i < all; i++) {
        const double moved = kk[i] - (problem->initial != NULL ? lambda * decay * problem->initial[i] : 0);
        step->motion = fmax(step->motion, fabs(moved));
        if (!isfinite(moved))
            return ntki_fail(problem->context, NTK_ERR_RANGE, function, "df/dt at t = %g exceeds the double range",
                             step->t);
    }
    const double size = fmax(1, ntki_smooth_largest(all, f));
    step->motion /= size;
    step->noise = ntki_smooth_rounding(problem, step->a) / size;
    return NTK_SUCCESS;
}

ntk_status ntki_stepper_look(ntki_stepper *stepper, const char *function, ntki_step *step) {
    return first_stage(stepper, function, step);
}

/* F at stage `stage` from the polynomial through the stages whose times are nearest. */
static void guess(const ntki_stepper *stepper, int32_t stage, int64_t all, double *f) {
    int32_t from[GUESS_NODES] = {0}, count = 0;
    double weight[GUESS_NODES];
    for (int32_t i = 0; i < stage; i++) {
        int32_t at = count < GUESS_NODES ? count++ : GUESS_NODES;
        for (; at > 0 && fabs(nodes[from[at - 1]] - nodes[stage]) > fabs(nodes[i] - nodes[stage]); at--)
            if (at < GUESS_NODES)
                from[at] = from[at - 1];
        if (at < GUESS_NODES)
            from[at] = i;
    }
    for (int32_t i = 0; i < count; i++) {
        weight[i] = 1;
        for (int32_t j = 0; j < count; j++)
            if (j != i)
                weight[i] *= (nodes[stage] - nodes[from[j]]) / (nodes[from[i]] - nodes[from[j]]);
    }
    memset(f, 0, (size_t)all * sizeof(double));
    for (int32_t i = 0; i < count; i++)
        for (int64_t j = 0; j < all; j++)
            f[j] += weight[i] * stepper->f[from[i]][j];
}

/* What is known of stage `stage` before it is solved: a_sum and r. */
static void prepare_stage(ntki_stepper *stepper, const ntki_step *step, int32_t stage) {
    const ntki_flow_problem *const problem = stepper->system.problem;
    const int64_t all = problem->n * problem->c;
    const double decay = decay_at(problem, step->t + nodes[stage] * step->h);
    const double start = decay_at(problem, step->t), shrink = 1 / (1 + GAMMA * step->h * problem->decay);
    memcpy(stepper->a_sum, step->a, (size_t)all * sizeof(double));
    for (int64_t i = 0; i < all; i++)
        stepper->ka_sum[i] = stepper->f[0][i] - (problem->initial != NULL ? start * problem->initial[i] : 0);
    for (int32_t j = 0; j < stage; j++) {
        const double weight = step->h * before[stage][j];
        for (int64_t i = 0; i < all; i++) {
            stepper->a_sum[i] += weight * stepper->k[j][i];
            stepper->ka_sum[i] += weight * stepper->kk[j][i];
        }
    }
    for (int64_t i = 0; i < all; i++)
        stepper->r[i] = (problem->initial != NULL ? decay * problem->initial[i] : 0) + shrink * stepper->ka_sum[i];
}

/* k, K k and F of the stage that was solved; a_sum becomes its coefficients. */
static void finish_stage(ntki_stepper *stepper, const ntki_step *step, int32_t stage) {
    const ntki_flow_problem *const problem = stepper->system.problem;
    const int64_t all = problem->n * problem->c;
    const double shrink = 1 / (1 + GAMMA * step->h * problem->decay), per_x = 1 / (GAMMA * step->h * shrink);
    const double lambda = problem->decay;
    for (int64_t i = 0; i < all; i++) {
        const double x = stepper->stage.x[i], kx = stepper->stage.kx[i];
        const double a = shrink * stepper->a_sum[i] - x, ka = shrink * stepper->ka_sum[i] - kx;
        stepper->a_sum[i] = a;
        stepper->k[stage][i] = -lambda * a - per_x * x;
        stepper->kk[stage][i] = -lambda * ka - per_x * kx;
        stepper->f[stage][i] = stepper->stage.f[i];
    }
}

/* ---- errors ---- */

/* y = s (I + K S)^{-1} y: what an implicit Euler step of length gamma h makes of a deviation y of F. */
static void filter(ntki_stepper *stepper, const ntki_step *step, double *y) {
    const ntki_flow_problem *const problem = stepper->system.problem;
    const int64_t all = problem->n * problem->c;
    const double shrink = 1 / (1 + GAMMA * step->h * problem->decay);
    ntki_system_solve(&stepper->system, y, stepper->stage.step);
    ntki_smooth_multiply(problem, stepper->stage.step, stepper->stage.product);
    for (int64_t i = 0; i < all; i++)
        y[i] = shrink * (y[i] - stepper->stage.product[i]);
}

/* Where a second derivative jumps on the way, both formulas are of second order, and err alike: over all places of the jump
 * the root mean square error of the method is 3.4 times that of the difference. Three times that is a bound. */
static const double kink_factor = 10;

static bool has_kinks(const ntk_loss *loss) {
    return loss->kind == NTK_LOSS_SQUARED_HINGE || loss->kind == NTK_LOSS_HUBER;
}

/* The loss's kink at or next to f. */
static double kink_next_to(const ntk_loss *loss, double f, double y) {
    return loss->kind == NTK_LOSS_HUBER ? y + copysign(loss->parameter, f - y) : y;
}

/* When the entry crosses a kink, as a part of the step; 2 when it does not. */
static double crossing_of(const ntki_stepper *stepper, int64_t entry) {
    static const int32_t in_time[NTKI_STAGES] = {0, 3, 1, 2, 4, 5, 6};
    const ntki_flow_problem *const problem = stepper->system.problem;
    for (int32_t i = 1; i < NTKI_STAGES; i++) {
        const double f = stepper->f[in_time[i - 1]][entry], after = stepper->f[in_time[i]][entry];
        const double far = fabs(f - problem->y[entry]) > fabs(after - problem->y[entry]) ? f : after;
        const double kink = kink_next_to(problem->loss, far, problem->y[entry]);
        if ((f < kink) != (after < kink))
            return nodes[in_time[i - 1]] + (kink - f) / (after - f) * (nodes[in_time[i]] - nodes[in_time[i - 1]]);
    }
    return 2;
}

/* When the entry that moves most of those that cross a kink does so; 2: none does. */
static double find_kink(const ntki_stepper *stepper) {
    const ntki_flow_problem *const problem = stepper->system.problem;
    double found = 2, most = 0;
    if (!has_kinks(problem->loss))
        return 2;
    for (int64_t i = 0; i < problem->n * problem->c; i++) {
        const double weight = problem->weights != NULL ? problem->weights[i / problem->c] : 1;
        const double moved = weight * fabs(stepper->f[NTKI_STAGES - 1][i] - stepper->f[0][i]);
        const double crossing = moved > most ? crossing_of(stepper, i) : 2;
        found = crossing < 2 ? crossing : found;
        most = crossing < 2 ? moved : most;
    }
    return found;
}

/* The step's own error, and with it what the error before becomes. */
static void estimate(ntki_stepper *stepper, ntki_step *step) {
    const ntki_flow_problem *const problem = stepper->system.problem;
    const int64_t all = problem->n * problem->c;
    double *const own = stepper->filtered;
    const double size =
        fmax(1, fmax(ntki_smooth_largest(all, stepper->f[0]), ntki_smooth_largest(all, stepper->f[NTKI_STAGES - 1])));
    step->kink = find_kink(stepper);
    const double factor = step->kink < 2 ? kink_factor : 1;
    memset(own, 0, (size_t)all * sizeof(double));
    for (int32_t j = 0; j < NTKI_STAGES; j++)
        for (int64_t i = 0; i < all; i++)
            own[i] += factor * step->h * difference[j] * stepper->kk[j][i];
    filter(stepper, step, own);
    step->local = ntki_smooth_largest(all, own) / size;
    /* Twice the Euler step of 0.184 h, that damps less than the flow does over h; not where curvature comes and goes. */
    for (int32_t i = 0; i < 2 && !has_kinks(problem->loss); i++)
        filter(stepper, step, step->error);
    for (int64_t i = 0; i < all; i++)
        step->error[i] += own[i];
    step->reported =
        ntki_smooth_largest(all, step->error) / fmax(1, ntki_smooth_largest(all, stepper->f[NTKI_STAGES - 1]));
}

ntk_status ntki_stepper_step(ntki_stepper *stepper, const char *function, ntki_step *step) {
    const ntki_flow_problem *const problem = stepper->system.problem;
    const int64_t all = problem->n * problem->c;
    step->solved = false;
    stepper->system.ready = false;
    ntk_status status = first_stage(stepper, function, step);
    if (status != NTK_SUCCESS)
        return status;
    const double size = fmax(1, ntki_smooth_largest(all, stepper->f[0]));
    stepper->stage.scale = GAMMA * step->h * problem->rate / (1 + GAMMA * step->h * problem->decay);
    stepper->stage.tolerance = size * fmax(iteration_share * step->tolerance, 8 * step->noise + 4 * DBL_EPSILON);
    if (!isfinite(stepper->stage.scale))
        return ntki_fail(problem->context, NTK_ERR_RANGE, function, "a step of %g at t = %g exceeds the double range",
                         step->h, step->t);
    for (int32_t stage = 1; stage < NTKI_STAGES; stage++) {
        prepare_stage(stepper, step, stage);
        guess(stepper, stage, all, stepper->stage.f);
        if ((status = ntki_progress(problem->context, function, 0, "integration")) != NTK_SUCCESS ||
            (status = ntki_stage_solve(&stepper->system, function, &stepper->stage, &step->solved)) != NTK_SUCCESS ||
            !step->solved)
            return status;
        finish_stage(stepper, step, stage);
    }
    memcpy(step->a_after, stepper->a_sum, (size_t)all * sizeof(double));
    if (step->error != NULL)
        estimate(stepper, step);
    return NTK_SUCCESS;
}
