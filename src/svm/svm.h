/* Kernel machines: the handle, and what its files share. */
#ifndef NTKI_SVM_H
#define NTKI_SVM_H

#include <ntk/svm.h>

#include "src/svm/rows.h"

/* What is told of a machine. */
typedef struct {
    double objective, gap, violation;
    int64_t iterations, support_vectors;
    int64_t samples;    /* of positive cost */
    double norm;        /* |f| */
    double trace;       /* sum of K_ii */
    double margin_loss; /* the mean of min(1, max(0, 1 - y f)) */
} ntki_svm_report;

struct ntk_svm {
    ntk_context *context;
    int32_t type, multiclass;
    int64_t n;
    double *gram;       /* n x n, both triangles, or NULL: rows are made */
    ntk_kernel *kernel; /* NULL when a Gram was given */
    double *x;          /* n x d, with a kernel */
    double *y;          /* numbers; NULL with classes */
    int64_t classes;    /* 0 without them */
    double *labels;     /* of the classes, ascending */
    int64_t *class_of;  /* n */
    double cost;
    double *class_cost; /* of each class */
    double *weights;    /* n, or NULL for ones */
    bool bias, shrinking;
    double epsilon, tolerance;
    int64_t cache;
    int64_t most_iterations; /* 0: the default */
    bool fitted;
    double *a; /* n x machines */
    double *b;
    ntki_svm_report *report;
};

int64_t ntki_svm_machines(const ntk_svm *svm);

/* NTK_ERR_DOMAIN before a fit. */
ntk_status ntki_svm_check_fitted(const ntk_svm *svm, const char *function);

/* One machine: minimises a' K a / 2 + sum_i cost_i loss(y_i, f_i), f = K a + b. */
typedef struct {
    ntk_context *context;
    const char *function;
    ntki_svm_rows *rows;
    int32_t type;
    int64_t n;             /* samples */
    const int64_t *sample; /* which rows of K they are, ascending */
    const double *y;       /* -1 or 1, or numbers */
    const double *cost;    /* C_i > 0 */
    bool bias, shrinking;
    double epsilon, tolerance;
    int64_t most_iterations;
    double from, to; /* its part of the progress */
} ntki_svm_problem;

typedef struct {
    double *a; /* n */
    double *f; /* n: K a, without b */
    double b;
    double violation;
    int64_t iterations;
} ntki_svm_solution;

/* SVC and SVR. */
ntk_status ntki_svm_solve_smo(const ntki_svm_problem *problem, ntki_svm_solution *solution);

/* RIDGE and LOGISTIC: the rows come from a Gram. */
ntk_status ntki_svm_solve_newton(const ntki_svm_problem *problem, ntki_svm_solution *solution);

/* f = K a for the samples of the problem, with the rows of those whose a is not 0. NTK_ERR_RANGE. */
ntk_status ntki_svm_multiply(const ntki_svm_problem *problem, const double *a, double *f);

/* All of the report but violation and iterations. NTK_ERR_RANGE. */
ntk_status ntki_svm_assess(const ntki_svm_problem *problem, const ntki_svm_solution *solution, ntki_svm_report *report);

#endif
