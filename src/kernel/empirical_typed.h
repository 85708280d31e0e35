/* The declarations of empirical.h for one number type: NTKI_REAL, names ending as NTKI_TYPED says. Included twice by
 * it. */

/* Features of consecutive rows of a set. */
typedef struct {
    const NTKI_REAL *x; /* the set, by which it is known; NULL: none is here */
    int64_t ldx;
    int64_t output;      /* of the deltas; -1: all */
    int64_t first, last; /* the rows that are here */
    int64_t capacity;    /* the rows that there is room for */
    NTKI_REAL *memory;
    NTKI_REAL **f;     /* f[l], l < L: capacity x N_l; NULL where it is not wanted */
    NTKI_REAL **delta; /* delta[l], 0 < l < L: row by row, for each output N_l numbers */
} NTKI_TYPED(ntki_features);

/* What a call keeps between its tiles. */
typedef struct {
    ntk_context *context;
    NTKI_PASS *pass;
    NTKI_REAL **scratch; /* deltas of one output for the rows of the pass */
    NTKI_TYPED(ntki_features) held[2];
    int64_t room[2];                /* rows of features that the two sides of a tile get at a time */
    NTKI_REAL *gram_f, *gram_delta; /* inner products of a piece */
    double fraction;                /* of the call's progress */
} NTKI_TYPED(ntki_feature_work);

/* NULL is allowed. */
void NTKI_TYPED(ntki_feature_work_destroy)(NTKI_TYPED(ntki_feature_work) * work);
