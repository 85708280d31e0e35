/* The scenarios of kernel machines. Included by test_oom.c after `world`. */

/* Three classes of the first column of y. */
static void svm_labels(const world *w, double *labels) {
    for (int i = 0; i < N; i++)
        labels[i] = w->y[i * C] < -0.3 ? 5 : w->y[i * C] < 0.3 ? 6 : 7;
}

/* 0 from the Gram and 1 from the kernel, fitted; 2 for numbers. */
static void svms_create(world *w) {
    double labels[N];
    svm_labels(w, labels);
    ASSERT_OK(ntk_svm_create(w->context, NTK_SVM_SVC, N, w->gram, N, labels, &w->svm[0]));
    ASSERT_OK(ntk_svm_create_from_kernel(w->kernel, NTK_SVM_SVC, N, w->x, D, labels, &w->svm[1]));
    ASSERT_OK(ntk_svm_create_from_kernel(w->kernel, NTK_SVM_SVR, N, w->x, D, w->y, &w->svm[2]));
    ASSERT_OK(ntk_svm_fit(w->svm[0]));
    ASSERT_OK(ntk_svm_fit(w->svm[1]));
}

static ntk_status svm_create(world *w) {
    double labels[N];
    svm_labels(w, labels);
    return ntk_svm_create(w->context, NTK_SVM_LOGISTIC, N, w->gram, N, labels, MADE(ntk_svm));
}

static ntk_status svm_create_from_kernel(world *w) {
    double labels[N];
    svm_labels(w, labels);
    return ntk_svm_create_from_kernel(w->kernel, NTK_SVM_LOGISTIC, N, w->x, D, labels, MADE(ntk_svm));
}

static ntk_status svm_set_sample_weights(world *w) {
    double weights[N];
    for (int i = 0; i < N; i++)
        weights[i] = 1 + w->gram[i] * w->gram[i];
    return ntk_svm_set_sample_weights(w->svm[2], N, weights);
}

static ntk_status svm_fit_and_tell(world *w, ntk_svm *svm) {
    const ntk_status status = ntk_svm_fit(svm);
    return status == NTK_SUCCESS ? ntk_svm_get_solution(svm, w->out, N, w->variance) : status;
}

static ntk_status svm_fit(world *w) { return svm_fit_and_tell(w, w->svm[0]); }

static ntk_status svm_fit_rows(world *w) { return svm_fit_and_tell(w, w->svm[2]); }

static ntk_status svm_decide(world *w) { return ntk_svm_decide(w->svm[0], M, w->cross, N, w->out, 3); }

static ntk_status svm_decide_at(world *w) { return ntk_svm_decide_at(w->svm[1], M, w->z, D, w->out, 3); }

static ntk_status svm_predict(world *w) { return ntk_svm_predict(w->svm[0], M, w->cross, N, w->variance); }

static ntk_status svm_predict_at(world *w) { return ntk_svm_predict_at(w->svm[1], M, w->z, D, w->variance); }

static void svm_without_memory(ntk_svm *svm, double *a) {
    double value, labels[3];
    int64_t integer;
    ASSERT_OK(ntk_svm_get_classes(svm, &integer));
    ASSERT_OK(ntk_svm_get_labels(svm, 3, labels));
    ASSERT_OK(ntk_svm_get_machines(svm, &integer));
    ASSERT_OK(ntk_svm_get_solution(svm, a, 3, labels));
    ASSERT_OK(ntk_svm_get_report(svm, 0, &value, &value, &value, &integer, &integer));
    ASSERT_OK(ntk_svm_set_cost(svm, 2));
    ASSERT_OK(ntk_svm_set_class_cost(svm, 1, 2));
    ASSERT_OK(ntk_svm_set_bias(svm, 0));
    ASSERT_OK(ntk_svm_set_multiclass(svm, NTK_SVM_ONE_VS_REST));
    ASSERT_OK(ntk_svm_set_epsilon(svm, 1));
    ASSERT_OK(ntk_svm_set_tolerance(svm, 0.1));
    ASSERT_OK(ntk_svm_set_cache(svm, 1));
    ASSERT_OK(ntk_svm_set_shrinking(svm, 0));
    ASSERT_OK(ntk_svm_set_most_iterations(svm, 1));
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_svm_get_bound(svm, 0, 0.9, &value)); /* not fitted now */
}
