/* Finite networks: parameters, outputs, derivatives in the parameters, files.
 *
 * A network is a specification (mlp.h) with parameters theta in R^P,
 *   theta = W^1 (row-major, N_0 x N_1: a row for each input unit), b^1, ..., W^L, b^L,   P = sum over l of (N_{l-1} + 1) N_l;
 * a layer with sb = 0 owns its b too, without effect in the NTK parameterisation. With the layers of mlp.h, skips and
 * normalisation included, it computes F(x) = z^L in R^c, c = N_L. Finite networks are without dropout: its rate is kept
 * and saved with the specification, but neither this header nor training (train.h) applies it.
 *
 * Sizes: n rows of x with N_0 columns; outputs n x c. Matrices are row-major with a leading dimension in elements. A network
 * belongs to its context and, like it, to one thread at a time. */
#ifndef NTK_NETWORK_H
#define NTK_NETWORK_H

#include <ntk/mlp.h>

NTK_BEGIN_DECLS

typedef struct ntk_network ntk_network;

/* A network with random parameters: in the NTK parameterisation independent N(0,1), in the standard one N(0, sw^2 / N_{l-1})
 * and N(0, sb^2). Parameter number p depends on `seed` and p alone: counter-based (Philox 4x32-10, counter p / 2), normal by
 * inversion of the distribution function in arithmetic that rounds alike everywhere; the same seed gives the same bits on
 * every platform and for every number of threads. The specification is copied; `user` of a caller's phi must outlive the
 * network. A caller's phi without derivative is allowed, and refused where phi' is needed. Memory: 8 P bytes.
 * Returns NTK_ERR_NULL, NTK_ERR_OVERFLOW (P too large), NTK_ERR_UNSUPPORTED (an activation known by its duals only),
 * NTK_ERR_NO_MEMORY.
 * Reference: Salmon et al. 2011. Since 0.3. */
NTK_API ntk_status ntk_network_create(ntk_context *context, const ntk_mlp *mlp, uint64_t seed, ntk_network **out);

/* The same specification, context and parameters in a new handle. Returns NTK_ERR_NULL, NTK_ERR_NO_MEMORY. Since 0.3. */
NTK_API ntk_status ntk_network_copy(const ntk_network *network, ntk_network **out);

/* NULL is allowed. Since 0.3. */
NTK_API void ntk_network_destroy(ntk_network *network);

/* New random parameters, as ntk_network_create() draws them. Returns NTK_ERR_NULL. Since 0.3. */
NTK_API ntk_status ntk_network_randomise(ntk_network *network, uint64_t seed);

/* A copy of the specification, to be destroyed by the caller. Returns NTK_ERR_NULL, NTK_ERR_NO_MEMORY. Since 0.3. */
NTK_API ntk_status ntk_network_get_mlp(const ntk_network *network, ntk_mlp **out);

/* P, N_0 and N_L. Any of the three may be NULL. Returns NTK_ERR_NULL (the network). Since 0.3. */
NTK_API ntk_status ntk_network_get_sizes(const ntk_network *network, int64_t *parameters, int64_t *inputs,
                                         int64_t *outputs);

/* theta, P numbers; p must be P. Returns NTK_ERR_NULL, NTK_ERR_SIZE (p), from set NTK_ERR_NOT_FINITE, and from get
 * in single precision NTK_ERR_RANGE (a parameter that is too large for it), with nothing changed. Since 0.3. */
NTK_API ntk_status ntk_network_get_parameters(const ntk_network *network, int64_t p, double *theta);
NTK_API ntk_status ntk_network_set_parameters(ntk_network *network, int64_t p, const double *theta);
NTK_API ntk_status ntk_network_get_parameters_f32(const ntk_network *network, int64_t p, float *theta);
NTK_API ntk_status ntk_network_set_parameters_f32(ntk_network *network, int64_t p, const float *theta);

/* F(x_i), n x c. Cost: 2 n P flops; memory: a block of rows times the widths, not n times, and a second n x c. The form in
 * single precision computes in floats, from parameters rounded to floats. Returns NTK_ERR_NULL, NTK_ERR_SIZE,
 * NTK_ERR_LEADING_DIMENSION, NTK_ERR_ALIAS, NTK_ERR_NOT_FINITE (also from the caller's phi), NTK_ERR_RANGE (an overflow on
 * the way: the sentence names layer and row), NTK_ERR_CALLBACK, NTK_ERR_CANCELLED, NTK_ERR_NO_MEMORY, NTK_ERR_BLAS (a width
 * above its integers); so do the functions below. Since 0.3. */
NTK_API ntk_status ntk_network_forward(ntk_network *network, int64_t n, const double *x, int64_t ldx, double *f,
                                       int64_t ldf);
NTK_API ntk_status ntk_network_forward_f32(ntk_network *network, int64_t n, const float *x, int64_t ldx, float *f,
                                           int64_t ldf);

/* f^layer, n x N_layer, 0 <= layer < L: what the units of a layer send on (layer 0: x itself), or for layer = L the
 * outputs. Written block by block: after NTK_ERR_RANGE, _NOT_FINITE or _CALLBACK from phi, and _CANCELLED after the first
 * report, f may hold a part of them. Also NTK_ERR_SIZE (layer). Since 0.3. */
NTK_API ntk_status ntk_network_get_layer(ntk_network *network, int64_t layer, int64_t n, const double *x, int64_t ldx,
                                         double *f, int64_t ldf);

/* J, (n c) x P, row i c + k: dF_k(x_i) / dtheta. For small cases and tests; 8 n c P bytes. Learning-rate factors do not
 * enter. Written block by block, as by ntk_network_get_layer(). Also NTK_ERR_UNSUPPORTED (a caller's phi without
 * derivative) and NTK_ERR_OVERFLOW (n c). The next two return the former too. Since 0.3. */
NTK_API ntk_status ntk_network_jacobian(ntk_network *network, int64_t n, const double *x, int64_t ldx, double *j,
                                        int64_t ldj);

/* J v, n x c: the derivative of the outputs along v in R^P. Cost: three times that of ntk_network_forward(), and twice
 * its memory. Since 0.3. */
NTK_API ntk_status ntk_network_jvp(ntk_network *network, int64_t n, const double *x, int64_t ldx, int64_t p,
                                   const double *v, double *jv, int64_t ldj);
NTK_API ntk_status ntk_network_jvp_f32(ntk_network *network, int64_t n, const float *x, int64_t ldx, int64_t p,
                                       const float *v, float *jv, int64_t ldj);

/* J' u in R^P, for u of n x c: the gradient of sum over i, k of u_ik F_k(x_i). Cost: three times that of
 * ntk_network_forward(); memory: a block of rows times all layers, and a second P. Blocks of rows are added in their order.
 * Since 0.3. */
NTK_API ntk_status ntk_network_vjp(ntk_network *network, int64_t n, const double *x, int64_t ldx, const double *u,
                                   int64_t ldu, int64_t p, double *g);
NTK_API ntk_status ntk_network_vjp_f32(ntk_network *network, int64_t n, const float *x, int64_t ldx, const float *u,
                                       int64_t ldu, int64_t p, float *g);

/* The Taylor series of the outputs in the parameters, around theta_0 = those of the network, n x c:
 *   order 0: F(x; theta_0);   1: + J delta;   2: + 1/2 d^2 F(x; theta_0 + s delta) / ds^2 at s = 0,   delta in R^P.
 * Order 1 is the linearised network of Lee et al. 2019. The second derivative takes phi'' where phi is smooth, and at a kink
 * that from the left: a jump of phi' adds nothing; phi' at a kink is that of ntk_network_jvp(). Exact derivatives, one pass forwards: no differences are taken. Cost: 1, 3
 * or 5 times that of ntk_network_forward(); memory: 1, 2 or 3 times. Returns what ntk_network_jvp() does; also NTK_ERR_ENUM
 * (order), and NTK_ERR_UNSUPPORTED for order 2 with a caller's phi. delta is checked for order 0 too. Since 0.3. */
NTK_API ntk_status ntk_network_taylor(ntk_network *network, int32_t order, int64_t n, const double *x, int64_t ldx,
                                      int64_t p, const double *delta, double *f, int64_t ldf);
NTK_API ntk_status ntk_network_taylor_f32(ntk_network *network, int32_t order, int64_t n, const float *x, int64_t ldx,
                                          int64_t p, const float *delta, float *f, int64_t ldf);

/* Writes specification and parameters to a file (docs/network-file.md: versioned, little-endian, with checksums), or
 * replaces one. The file appears under its name only when it is complete and on the disk; on failure an old one is
 * as it was, and nothing else is left. Through a symbolic link the file is replaced that it points to. Memory: the
 * specification and some 100 KB. Returns NTK_ERR_NULL, NTK_ERR_UNSUPPORTED (a caller's activation), NTK_ERR_IO (also
 * where `path` is a folder, a device or a pipe), NTK_ERR_NO_MEMORY. Since 0.3. */
NTK_API ntk_status ntk_network_save(const ntk_network *network, const char *path);

/* The network that a file holds, to the bit. Nothing is allocated that the file is too short for. Returns
 * NTK_ERR_NULL, NTK_ERR_IO (the file cannot be read), NTK_ERR_FORMAT (it holds no network, has another version, is
 * cut off or too long, has a wrong checksum or impossible numbers: the sentence says which), NTK_ERR_NO_MEMORY.
 * Since 0.3. */
NTK_API ntk_status ntk_network_load(ntk_context *context, const char *path, ntk_network **out);

/* Parameters from and to a safetensors file, as PyTorch keeps them: for layer l the weight N_l x N_{l-1} and the
 * bias N_l of a Linear whose output is the whole z^l. These are (sw / sqrt N_{l-1}) W' and sb b in the NTK
 * parameterisation, W' and b in the standard one (W' is the transpose of W^l).
 * `names` holds 2 L names, weight and bias by turns; a NULL bias is none (read as 0, not written). names = NULL: on
 * writing "0.weight", "0.bias", "2.weight", ... as torch.nn.Sequential of Linear and activations calls them; on
 * reading, the tensors NAME.weight and NAME.bias of the file in the natural order of NAME (numbers in names compared
 * as numbers), a layer without bias where there is none; the file then holds nothing else.
 * Types F64, F32, F16, BF16 are read; single = 0 writes F64, else F32. A file is written as by ntk_network_save().
 * Reading changes nothing on failure, and takes as much memory as the parameters.
 * Reading returns NTK_ERR_NULL, NTK_ERR_IO, NTK_ERR_FORMAT (the file is none, or a tensor is missing, has another
 * shape or type, is one too many), NTK_ERR_NOT_FINITE, NTK_ERR_DOMAIN (a bias other than 0 where sb = 0 in the NTK
 * parameterisation), NTK_ERR_RANGE (an element divided by a tiny sw or sb), NTK_ERR_NO_MEMORY. Writing returns
 * NTK_ERR_NULL, NTK_ERR_IO, NTK_ERR_DOMAIN (names that are equal or not UTF-8; no name for a bias that is not 0),
 * NTK_ERR_SIZE (names of 100 MB), NTK_ERR_RANGE (an element too large for the type), NTK_ERR_NO_MEMORY. Example:
 * examples/from_pytorch.py. Since 0.3. */
NTK_API ntk_status ntk_network_import_safetensors(ntk_network *network, const char *path, const char *const *names);
NTK_API ntk_status ntk_network_export_safetensors(const ntk_network *network, const char *path,
                                                  const char *const *names, int32_t single);

NTK_END_DECLS

#endif
