/* The declarations of pass.h for one number type: NTKI_REAL, names ending as NTKI_TYPED says. Included twice by
 * pass.h. */

/* Layer l = 0 ... L of a pass; layer 0 has its units and f (a copy of the input) only. NULL where a pass does not
 * keep it. */
typedef struct {
    int64_t units;                      /* N_l */
    NTKI_REAL weight_scale, bias_scale; /* s_w, s_b */
    const NTKI_REAL *weights, *bias;    /* W^l (N_{l-1} x N_l) and b^l */
    const ntki_mlp_layer *options;      /* skip, normalisation, activation */
    int64_t first_skip;                 /* where the first skip that begins here ends; 0: none */
    int64_t next_skip;                  /* where the next skip ends that begins where the one to here does; 0: none */
    NTKI_REAL *z;                       /* rows x N_l. After a pass it holds z^l in layer L, and where skips begin */
    NTKI_REAL *normalised;              /* n^l; z without normalisation */
    NTKI_REAL *deviation;               /* sqrt(variance + epsilon), one a row; where it is 0, so are n^l and N' */
    NTKI_REAL *f;                       /* f^l, l < L */
    NTKI_REAL *slope;                   /* phi'(n^l) */
    NTKI_REAL *tangent_z, *tangent_f;   /* dz^l, df^l */
    NTKI_REAL *curvature;               /* phi''(n^l) */
    NTKI_REAL *second_z, *second_f;     /* ddz^l, ddf^l */
} NTKI_PASS_LAYER;

typedef struct {
    const ntk_network *network;
    ntki_pass_purpose purpose;
    int64_t depth;          /* L */
    int64_t lowest;         /* the lowest layer that trains: of layers below it there are no deltas, no gradients and
                               no tangents */
    int64_t rows;           /* room */
    int64_t used;           /* rows of the last block */
    NTKI_PASS_LAYER *layer; /* layer[0] ... layer[depth] */
    NTKI_REAL *own_theta;   /* the parameters in this precision, where the network's do not serve */
    NTKI_REAL *arena;       /* all matrices */
} NTKI_PASS;

/* Rows of a block of x, which has `first` rows before them (for sentences only). */
typedef struct {
    int64_t first, rows;
    const NTKI_REAL *x;
    int64_t ldx;
} NTKI_BLOCK;

/* How many rows a block should have: enough for gemm, within a bound on the memory of a pass. */
int64_t NTKI_TYPED(ntki_pass_rows)(const ntk_network *network, ntki_pass_purpose purpose);

/* Room for 1 <= rows <= NTKI_PASS_MOST_ROWS; 1 <= lowest <= L. NTK_ERR_UNSUPPORTED where the phi' of a layer >= lowest is
 * missing (not for FORWARD) or a phi'' (SECOND), NTK_ERR_BLAS (a width that the BLAS cannot take), NTK_ERR_RANGE (single
 * precision: a parameter or a scale that is too large), NTK_ERR_NO_MEMORY, NTK_ERR_OVERFLOW. */
ntk_status NTKI_TYPED(ntki_pass_create)(const ntk_network *network, const char *function, ntki_pass_purpose purpose,
                                        int64_t lowest, int64_t rows, NTKI_PASS **out);

/* NULL is allowed. */
void NTKI_TYPED(ntki_pass_destroy)(NTKI_PASS *pass);

/* block->rows <= pass->rows. NTK_ERR_RANGE (a z^l that overflows), NTK_ERR_CALLBACK, NTK_ERR_NOT_FINITE (the caller's
 * phi). */
ntk_status NTKI_TYPED(ntki_pass_forward)(NTKI_PASS *pass, const char *function, const NTKI_BLOCK *block);

/* The same, but only up to f^to (0 <= to < L) or, for to = L, to the outputs. */
ntk_status NTKI_TYPED(ntki_pass_forward_to)(NTKI_PASS *pass, const char *function, const NTKI_BLOCK *block, int64_t to);

/* Forward and along v in R^P: the outputs, in layer[L].tangent_z their derivative and, for a pass of purpose SECOND, in
 * layer[L].second_z the second one. These may have overflowed (the caller checks what it delivers). For a pass of purpose
 * TANGENT or SECOND. */
ntk_status NTKI_TYPED(ntki_pass_tangent)(NTKI_PASS *pass, const char *function, const NTKI_BLOCK *block,
                                         const NTKI_REAL *v);

/* Room for deltas: delta[l], 1 <= l <= L, has copies * pass->rows rows of N_l. The array begins at delta[0], which is
 * NULL. */
ntk_status NTKI_TYPED(ntki_deltas_create)(const NTKI_PASS *pass, const char *function, int64_t copies,
                                          NTKI_REAL ***delta);
void NTKI_TYPED(ntki_deltas_destroy)(const NTKI_PASS *pass, NTKI_REAL **delta);

/* Back from the last forward of a pass of purpose BACKWARD, any number of times: rows `first` ... first + used - 1
 * of every delta[l], l >= lowest (the caller's memory or that of ntki_deltas_create) become delta^l for the seeds u (used x c)
 * or, for each row, the unit vector of one output. What overflows becomes infinite or NaN: the caller checks what it
 * delivers. */
void NTKI_TYPED(ntki_pass_backward)(const NTKI_PASS *pass, const NTKI_REAL *u, int64_t ldu, int64_t first,
                                    NTKI_REAL *const *delta);
void NTKI_TYPED(ntki_pass_backward_output)(const NTKI_PASS *pass, int64_t output, int64_t first,
                                           NTKI_REAL *const *delta);

/* g += sum over the rows of the last block of dF_u/dtheta, g in R^P, from the rows `first` ... of the deltas. The parameters
 * below `lowest` are left alone. */
void NTKI_TYPED(ntki_pass_gradient)(const NTKI_PASS *pass, int64_t first, NTKI_REAL *const *delta, NTKI_REAL *g);
