/* Training of finite networks, and of their linearisation, in parameter space.
 *
 * With L(theta) = sum_i w_i loss(F(x_i; theta), y_i) / n (for a batch of b samples over these, / b), learning rate eta,
 * learning-rate factors r (mlp.h), weight decay lambda and decay towards the start mu,
 *   g(theta) = eta grad L + lambda theta + mu (theta - theta_0)
 *   flow:     dtheta/dt = -r g(theta)
 *   descent:  v_{k+1} = beta v_k - r g(theta_k),  theta_{k+1} = theta_k + v_{k+1},  v_0 = 0; time t = k.
 * At small eta descent without momentum follows the flow, and a network whose kernel does not move follows ntk_flow
 * with the empirical kernel. Times mean the same in all three, but with c > 1 outputs a flow of NTK_OUTPUT_FULL has
 * n c rows, and its 1/n is 1/(n c): give it the learning rate c eta. Dropout is not applied.
 *
 * The flow is integrated by the stabilised Runge-Kutta-Chebyshev method of second order, whose steps do not depend on
 * the times that are asked for: between its steps the parameters come from a cubic. So with either method advancing to
 * a and then to b gives the bits of advancing to b; so does going on after a failure or a cancellation, and no number
 * of the context's threads changes a bit. Products are the BLAS's: all this is so on one machine with one BLAS and one
 * number of its threads; another one moves results by rounding. Frozen parameters (learning-rate factor 0) keep their
 * bits.
 *
 * A flow that has converged costs ever more: its steps stay explicit, and when the gradient is down to its rounding
 * there is nothing left for the stages to follow (tanh, width 64, 60 samples, eta = 1e9: 32,344 gradients to t = 0.01,
 * where the loss is 6e-18, and 214,352 to t = 0.1). Stop by the loss.
 *
 * A trainer copies network, data and loss; it belongs to the network's context, also where the loss is of another one.
 *
 * Progress: "learning rate" (the default one of descent, when it is wanted first), "outputs" (a centred network, before
 * the first step), "training", each from 0 to 1; then what a question itself reports. docs/theory/training.md. */
#ifndef NTK_TRAIN_H
#define NTK_TRAIN_H

#include <ntk/loss.h>
#include <ntk/network.h>

NTK_BEGIN_DECLS

typedef struct ntk_trainer ntk_trainer;

/* The numbers are pinned. */
enum {
    NTK_TRAIN_DESCENT = 0, /* discrete steps, with momentum and batches if set */
    NTK_TRAIN_FLOW = 1     /* the differential equation, integrated to a tolerance; momentum and batches are ignored */
};

/* What is trained. The numbers are pinned. */
enum {
    NTK_MODEL_NETWORK = 0,   /* F(x; theta) */
    NTK_MODEL_LINEARISED = 1 /* F(x; theta_0) + J(x; theta_0) (theta - theta_0) */
};

/* x: n x N_0, y: n x c as the loss wants it. theta_0 is what the network has now. Memory: 3 P doubles, with momentum
 * 4 P, for the flow 9 P, and a pass forwards and backwards of a block of rows (network.h), kept between calls.
 * Returns NTK_ERR_NULL, NTK_ERR_SIZE, NTK_ERR_LEADING_DIMENSION, NTK_ERR_NOT_FINITE, NTK_ERR_DOMAIN (a
 * target), NTK_ERR_UNSUPPORTED (a caller's phi without phi'), NTK_ERR_OVERFLOW, NTK_ERR_NO_MEMORY. Since 0.3. */
NTK_API ntk_status ntk_trainer_create(const ntk_network *network, int64_t n, const double *x, int64_t ldx,
                                      const double *y, int64_t ldy, const ntk_loss *loss, ntk_trainer **out);

/* NULL is allowed. Since 0.3. */
NTK_API void ntk_trainer_destroy(ntk_trainer *trainer);

/* Settings; each returns NTK_ERR_NULL and what is named. Learning rate, momentum, decays and tolerance may
 * change on the way (the flow's integrator then begins anew at the trainer's time); the others return
 * NTK_ERR_UNSUPPORTED once the trainer has left t = 0. */

/* NTK_TRAIN_DESCENT (default) or _FLOW. NTK_ERR_ENUM. Since 0.3. */
NTK_API ntk_status ntk_trainer_set_method(ntk_trainer *trainer, int32_t method);

/* NTK_MODEL_NETWORK (default) or _LINEARISED. NTK_ERR_ENUM. Since 0.3. */
NTK_API ntk_status ntk_trainer_set_model(ntk_trainer *trainer, int32_t model);

/* eta, finite and > 0, or 0 for the default: 1 for the flow; for descent n / (s lambda_max), lambda_max the largest
 * eigenvalue of the empirical NTK of all outputs on the training set at theta_0 (rows and columns times sqrt w_i; to
 * 1 %), s the largest second derivative of the loss (squared, squared hinge, Huber 1; cross-entropy 1/2; logistic 1/4;
 * others are taken as 1): half of the largest stable one of descent on all samples without momentum;
 * 1 where lambda_max = 0. Where a loss has a kink (hinge, epsilon-insensitive) steps of one size hover about it, at a
 * distance in proportion to eta: choose a smaller one. NTK_ERR_DOMAIN. Since 0.3. */
NTK_API ntk_status ntk_trainer_set_learning_rate(ntk_trainer *trainer, double learning_rate);

/* The eta in use; computes the default if none was set and keeps it: by the method of Lanczos, some 10 times 12 n P
 * flops, 60 at most; memory for the time 62 n c and P doubles and what ntk_network_vjp() takes. Also NTK_ERR_RANGE (a
 * default beyond the double range), NTK_ERR_CANCELLED, NTK_ERR_NO_MEMORY and what the network's
 * functions return. Since 0.3. */
NTK_API ntk_status ntk_trainer_get_learning_rate(ntk_trainer *trainer, double *learning_rate);

/* beta, 0 <= beta < 1, default 0; the flow accepts and ignores it. Where it was 0 so far, v begins as 0. NTK_ERR_DOMAIN.
 * Since 0.3. */
NTK_API ntk_status ntk_trainer_set_momentum(ntk_trainer *trainer, double momentum);

/* Descent on `size` samples a step, 1 <= size <= n: each epoch a permutation of the samples that is a function of
 * (seed, epoch) alone, cut into batches; the last one of an epoch is smaller when size does not divide n. size = 0: all
 * (default). The flow accepts and ignores it: it takes all samples. NTK_ERR_SIZE. Since 0.3. */
NTK_API ntk_status ntk_trainer_set_batch(ntk_trainer *trainer, int64_t size, uint64_t seed);

/* lambda and mu, finite and >= 0, default 0. Frozen parameters do not decay. NTK_ERR_DOMAIN. Since 0.3. */
NTK_API ntk_status ntk_trainer_set_weight_decay(ntk_trainer *trainer, double weight_decay);
NTK_API ntk_status ntk_trainer_set_initial_decay(ntk_trainer *trainer, double initial_decay);

/* w_i >= 0, n of them; NULL for ones, the default. NTK_ERR_SIZE (n), NTK_ERR_NOT_FINITE, NTK_ERR_DOMAIN,
 * NTK_ERR_NO_MEMORY. Since 0.3. */
NTK_API ntk_status ntk_trainer_set_sample_weights(ntk_trainer *trainer, int64_t n, const double *w);

/* on != 0: the function that is trained is F(x; theta) - F(x; theta_0), which begins at 0 (in batches: at some
 * roundings). Since 0.3. */
NTK_API ntk_status ntk_trainer_set_centred(ntk_trainer *trainer, int32_t on);

/* The error that a step of the flow may make, relative to |theta - theta_0|, default 1e-5; 1e-12 <= tolerance <= 0.1;
 * the error of a whole run is about tolerance^(2/3). Below some roundings of |theta| nothing is asked. Where a loss has
 * a kink, and where phi has one, steps become as small as it wants. NTK_ERR_DOMAIN. Since 0.3. */
NTK_API ntk_status ntk_trainer_set_tolerance(ntk_trainer *trainer, double tolerance);

/* Goes on to time t >= the trainer's (descent: a whole number of steps). After a failure or a cancellation the trainer
 * stands at the last completed step and can go on. Cost: descent 6 n P flops a step, with the linearised model 12 n P
 * (a caller's loss on more rows than a pass takes: 2 n P more); the flow that for each of its evaluations, about
 * sqrt(1.5 h rho) of them in a step of h, rho the largest eigenvalue of the flow.
 * Returns NTK_ERR_NULL, NTK_ERR_DOMAIN (t), NTK_ERR_RANGE (the outputs or parameters exceed the range: the learning
 * rate is too large; descent's sentence gives step and eta), NTK_ERR_CONVERGENCE (the flow's step became too small),
 * NTK_ERR_CALLBACK, NTK_ERR_NOT_FINITE, NTK_ERR_CANCELLED, NTK_ERR_NO_MEMORY. Since 0.3. */
NTK_API ntk_status ntk_trainer_advance(ntk_trainer *trainer, double t);

/* Time, the steps done, the evaluations of the gradient; any may be NULL. The flow's steps may be ahead of t. Returns
 * NTK_ERR_NULL. Since 0.3. */
NTK_API ntk_status ntk_trainer_get_time(const ntk_trainer *trainer, double *t, int64_t *steps, int64_t *evaluations);

/* sum_i w_i loss / n on the training set now, without decay terms. Cost: 2 n P flops, linearised 6 n P. Returns
 * NTK_ERR_NULL, NTK_ERR_UNSUPPORTED (a caller's loss without values), and as ntk_network_forward(). Since 0.3. */
NTK_API ntk_status ntk_trainer_get_loss(ntk_trainer *trainer, double *loss);

/* The model's outputs at m points z (m x N_0), m x c; centred ones if that is what is trained. Returns as
 * ntk_network_forward(). Since 0.3. */
NTK_API ntk_status ntk_trainer_predict(ntk_trainer *trainer, int64_t m, const double *z, int64_t ldz, double *f,
                                       int64_t ldf);

/* |theta - theta_0|, 2-norm, over all parameters. Returns NTK_ERR_NULL, NTK_ERR_RANGE. Since 0.3. */
NTK_API ntk_status ntk_trainer_get_distance(const ntk_trainer *trainer, double *distance);

/* |T_t - T_0| / |T_0|, Frobenius norms, T the traced empirical NTK at the m points z with the parameters now and at the
 * start; 0 for the linearised model, whose kernel stays. Memory: 2 m^2 doubles, P, and what ntk_kernel_gram() takes.
 * Returns as that does, and NTK_ERR_RANGE where T_0 = 0 has moved. Since 0.3. */
NTK_API ntk_status ntk_trainer_get_kernel_drift(ntk_trainer *trainer, int64_t m, const double *z, int64_t ldz,
                                                double *drift);

/* theta, P numbers; p must be P. Returns NTK_ERR_NULL, NTK_ERR_SIZE. Since 0.3. */
NTK_API ntk_status ntk_trainer_get_parameters(const ntk_trainer *trainer, int64_t p, double *theta);

/* A network with the parameters now, to be destroyed by the caller. Returns NTK_ERR_NULL, NTK_ERR_NO_MEMORY.
 * Since 0.3. */
NTK_API ntk_status ntk_trainer_get_network(const ntk_trainer *trainer, ntk_network **out);

/* Advances through `count` ascending times and records at each: the loss, the outputs at m points z (count blocks of
 * m x c, one after the other, row j m + i of f with ldf >= c), |theta - theta_0|, and the kernel drift at the points z.
 * Any of the outputs may be NULL; with f and drift NULL, m may be 0 and z NULL. What was reached before a failure is
 * there; *reached (may be NULL) says how many, 0 also when the call was refused. No output may share memory
 * with an input or another output. Returns as the functions above, and NTK_ERR_ALIAS. Since 0.3. */
NTK_API ntk_status ntk_trainer_record(ntk_trainer *trainer, int64_t count, const double *times, int64_t m,
                                      const double *z, int64_t ldz, double *loss, double *f, int64_t ldf,
                                      double *distance, double *drift, int64_t *reached);

/* Advances this trainer (a network's, at time 0) through ascending times and beside it its linearisation with the same
 * settings: rms[j] and largest[j] are the root mean square and the maximum over points z and outputs of |f_t - f_t^lin|
 * at times[j]; either may be NULL, and neither may share memory with the
 * inputs or the other. Returns as ntk_trainer_advance() and ntk_trainer_predict(), NTK_ERR_ALIAS, and
 * NTK_ERR_UNSUPPORTED for another trainer. Reference: Lee et al. 2019. Since 0.3. */
NTK_API ntk_status ntk_trainer_compare_linearised(ntk_trainer *trainer, int64_t count, const double *times, int64_t m,
                                                  const double *z, int64_t ldz, double *rms, double *largest);

/* The state of a run (theta_0, parameters, velocity, time, settings, sample weights; not data and loss) in a file,
 * written as ntk_network_save() does, and back into a trainer of a network of the same specification with the same data
 * and loss: it goes on with the same bits, on the same machine with the same BLAS and number of its threads.
 * Specification, data and loss are known by checksums (a caller's functions by nothing): NTK_ERR_DOMAIN for others.
 * All else comes from the file and takes the place of what the trainer had: settings, sample weights, time, parameters,
 * and theta_0 too, so seed and parameters of the network that the trainer was made from do not matter and are not
 * checked. A trainer that could not be restored is as it was. Also NTK_ERR_NULL, NTK_ERR_IO, NTK_ERR_FORMAT,
 * NTK_ERR_NO_MEMORY. docs/trainer-file.md. Since 0.3. */
NTK_API ntk_status ntk_trainer_save(const ntk_trainer *trainer, const char *path);
NTK_API ntk_status ntk_trainer_restore(ntk_trainer *trainer, const char *path);

NTK_END_DECLS

#endif
