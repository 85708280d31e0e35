/* ntk_network_save() and ntk_network_load(): what was saved comes back to the bit; files appear whole or not at all. */
#include "tests/network_files.h"

/* ---- networks ---- */

/* Every kind, with parameters where it has some. */
static const plain_activation activations[] = {
    {NTK_ACTIVATION_IDENTITY, 0, {0}},
    {NTK_ACTIVATION_RELU, 0, {0}},
    {NTK_ACTIVATION_LEAKY_RELU, 1, {0.3}},
    {NTK_ACTIVATION_ERF, 3, {0.5, 1.5, -0.25}},
    {NTK_ACTIVATION_ABS, 0, {0}},
    {NTK_ACTIVATION_TWO_SLOPE, 2, {-0.5, 0.75}},
    {NTK_ACTIVATION_STEP, 0, {0}},
    {NTK_ACTIVATION_SIGN, 0, {0}},
    {NTK_ACTIVATION_SIGMOID_ERF, 0, {0}},
    {NTK_ACTIVATION_SIN, 3, {0.5, 2, 0.1}},
    {NTK_ACTIVATION_COS, 3, {1.5, 0.5, -0.1}},
    {NTK_ACTIVATION_RBF, 1, {0.25}},
    {NTK_ACTIVATION_GELU, 0, {0}},
    {NTK_ACTIVATION_EXP, 2, {0.5, -0.125}},
    {NTK_ACTIVATION_GAUSSIAN, 2, {2, 0.5}},
    {NTK_ACTIVATION_GABOR, 0, {0}},
    {NTK_ACTIVATION_MONOMIAL, 1, {3}},
    {NTK_ACTIVATION_RECTIFIED_MONOMIAL, 1, {2}},
    {NTK_ACTIVATION_POLYNOMIAL, 4, {0.1, 1, -0.2, 0.3}},
    {NTK_ACTIVATION_HERMITE, 1, {3}},
    {NTK_ACTIVATION_NORMALISED_EXP, 2, {0.5, -0.75}},
    {NTK_ACTIVATION_TANH, 0, {0}},
    {NTK_ACTIVATION_SIGMOID, 0, {0}},
    {NTK_ACTIVATION_SOFTPLUS, 0, {0}},
    {NTK_ACTIVATION_SILU, 0, {0}},
    {NTK_ACTIVATION_MISH, 0, {0}},
    {NTK_ACTIVATION_GELU_TANH, 0, {0}},
    {NTK_ACTIVATION_ELU, 1, {0.5}},
    {NTK_ACTIVATION_SELU, 0, {0}},
    {NTK_ACTIVATION_HARD_TANH, 0, {0}},
    {NTK_ACTIVATION_HARD_SIGMOID, 0, {0}},
    {NTK_ACTIVATION_RELU6, 0, {0}},
};

enum { KINDS = sizeof(activations) / sizeof(*activations), DEPTH = KINDS + 1, INPUTS = 3, UNITS = 4, OUTPUTS = 2 };

/* All kinds one after the other, with every option somewhere. */
static ntk_network *rich_network(ntk_context *context, int32_t parameterisation) {
    int64_t widths[DEPTH + 1];
    ntk_mlp *mlp = NULL;
    ntk_network *network = NULL;
    uint64_t state = 7;
    for (int64_t l = 0; l <= DEPTH; l++)
        widths[l] = l == 0 ? INPUTS : (l == DEPTH ? OUTPUTS : UNITS);
    ASSERT_OK(ntk_mlp_create(context, DEPTH, widths, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_OK(ntk_mlp_set_parameterisation(mlp, parameterisation));
    for (int64_t l = 1; l <= DEPTH; l++) {
        const double u = suite_uniform(&state), v = suite_uniform(&state);
        ASSERT_OK(ntk_mlp_set_layer_weight_std(mlp, l, 0.75 + u / 4));
        ASSERT_OK(ntk_mlp_set_layer_bias_std(mlp, l, l % 3 == 0 ? 0 : 0.25 + v / 8));
        ASSERT_OK(ntk_mlp_set_learning_rates(mlp, l, 1 + u, l % 4 == 0 ? 0 : 1 + v));
        if (l % 5 == 2 && l < DEPTH)
            ASSERT_OK(ntk_mlp_set_skip(mlp, l, l == 2 ? 1 : 3));
        if (l < DEPTH) {
            set_activation(context, mlp, l, &activations[l - 1]);
            /* Normalised often, so that no activation overflows. An epsilon stays where normalisation is off. */
            ASSERT_OK(ntk_mlp_set_layer_normalisation(mlp, l, l % 3 != 1, 1e-5 * (double)l));
            ASSERT_OK(ntk_mlp_set_dropout(mlp, l, l % 2 == 0 ? 0.1 + u / 16 : 0));
        }
    }
    ASSERT_OK(ntk_network_create(context, mlp, 11, &network));
    ntk_mlp_destroy(mlp);
    return network;
}

/* ---- the same again ---- */

static void assert_same_layer(const ntk_mlp *a, const ntk_mlp *b, int64_t l, int64_t depth) {
    double x[10] = {0}, y[10] = {0};
    int64_t skip[2], width[2];
    int32_t on[2] = {0}, kind[2] = {0};
    const ntk_mlp *const both[] = {a, b};
    for (int i = 0; i < 2; i++) {
        double *const v = i == 0 ? x : y;
        ASSERT_OK(ntk_mlp_get_width(both[i], l, &width[i]));
        ASSERT_OK(ntk_mlp_get_layer_weight_std(both[i], l, &v[0]));
        ASSERT_OK(ntk_mlp_get_layer_bias_std(both[i], l, &v[1]));
        ASSERT_OK(ntk_mlp_get_learning_rates(both[i], l, &v[2], &v[3]));
        ASSERT_OK(ntk_mlp_get_skip(both[i], l, &skip[i]));
        if (l == depth)
            continue;
        ASSERT_OK(ntk_mlp_get_layer_normalisation(both[i], l, &on[i], &v[4]));
        ASSERT_OK(ntk_mlp_get_dropout(both[i], l, &v[5]));
        ASSERT_OK(ntk_mlp_get_activation_kind(both[i], l, &kind[i]));
    }
    ASSERT_SAME_BITS(x, y, 10);
    ck_assert_int_eq(skip[0], skip[1]);
    ck_assert_int_eq(width[0], width[1]);
    ck_assert_int_eq(on[0], on[1]);
    ck_assert_int_eq(kind[0], kind[1]);
}

static void assert_same_specification(const ntk_network *a, const ntk_network *b) {
    ntk_mlp *x = NULL, *y = NULL;
    int64_t depth[2];
    int32_t parameterisation[2];
    ASSERT_OK(ntk_network_get_mlp(a, &x));
    ASSERT_OK(ntk_network_get_mlp(b, &y));
    ASSERT_OK(ntk_mlp_get_depth(x, &depth[0]));
    ASSERT_OK(ntk_mlp_get_depth(y, &depth[1]));
    ck_assert_int_eq(depth[0], depth[1]);
    ASSERT_OK(ntk_mlp_get_parameterisation(x, &parameterisation[0]));
    ASSERT_OK(ntk_mlp_get_parameterisation(y, &parameterisation[1]));
    ck_assert_int_eq(parameterisation[0], parameterisation[1]);
    for (int64_t l = 1; l <= depth[0]; l++)
        assert_same_layer(x, y, l, depth[0]);
    ntk_mlp_destroy(x);
    ntk_mlp_destroy(y);
}

/* Also what no getter tells, the parameters of activations. */
static void assert_same_outputs(ntk_network *a, ntk_network *b) {
    enum { N = 5 };
    int64_t inputs = 0, outputs = 0;
    uint64_t state = 3;
    ASSERT_OK(ntk_network_get_sizes(a, NULL, &inputs, &outputs));
    double *const x = suite_doubles(N * inputs), *const f = suite_doubles(N * outputs);
    double *const g = suite_doubles(N * outputs);
    suite_fill(&state, N * inputs, x);
    ASSERT_OK(ntk_network_forward(a, N, x, inputs, f, outputs));
    ASSERT_OK(ntk_network_forward(b, N, x, inputs, g, outputs));
    ASSERT_SAME_BITS(f, g, N * outputs);
    free(x);
    free(f);
    free(g);
}

static void assert_round_trip(ntk_context *context, ntk_network *network) {
    suite_folder at;
    ntk_network *again = NULL;
    int64_t count[2];
    size_t size[2];
    suite_folder_create(&at, "a network.ntk");
    ASSERT_OK(ntk_network_save(network, at.path));
    ck_assert_int_eq(suite_folder_entries(&at), 1);
    ASSERT_OK(ntk_network_load(context, at.path, &again));
    double *const theta = parameters(network, &count[0]), *const loaded = parameters(again, &count[1]);
    ck_assert_int_eq(count[0], count[1]);
    ASSERT_SAME_BITS(theta, loaded, count[0]);
    assert_same_specification(network, again);
    assert_same_outputs(network, again);
    unsigned char *const first = suite_read(at.path, &size[0]);
    ASSERT_OK(ntk_network_save(again, at.path));
    unsigned char *const second = suite_read(at.path, &size[1]);
    ck_assert_uint_eq(size[0], size[1]);
    ck_assert_int_eq(memcmp(first, second, size[0]), 0);
    ntk_network_destroy(again);
    free(theta);
    free(loaded);
    free(first);
    free(second);
    suite_folder_remove(&at);
}

START_TEST(everything_comes_back) {
    const int32_t parameterisations[] = {NTK_PARAMETERISATION_NTK, NTK_PARAMETERISATION_STANDARD};
    for (int i = 0; i < 2; i++) {
        ntk_context *context = NULL;
        ASSERT_OK(ntk_context_create(&context));
        ntk_network *const network = rich_network(context, parameterisations[i]);
        assert_round_trip(context, network);
        assert_round_trip(NULL, network); /* into a context of its own */
        ntk_network_destroy(network);
        ntk_context_destroy(context);
    }
}
END_TEST

/* More parameters than pass through at a time, of every magnitude, and a linear model. */
START_TEST(parameters_of_every_magnitude_come_back) {
    const int64_t widths[] = {300, 70};
    ntk_context *context = NULL;
    ntk_mlp *mlp = NULL;
    ntk_network *network = NULL;
    int64_t count = 0;
    uint64_t state = 1;
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_mlp_create(context, 1, widths, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_OK(ntk_network_create(context, mlp, 0, &network));
    double *const theta = parameters(network, &count);
    for (int64_t p = 0; p < count; p++)
        theta[p] = ldexp(suite_uniform(&state), (int)(p % 2000) - 1100); /* subnormals too */
    theta[0] = -0.0;
    theta[1] = 0x1p-1074;
    theta[2] = 0x1.fffffffffffffp900;
    ASSERT_OK(ntk_network_set_parameters(network, count, theta));
    suite_folder at;
    ntk_network *again = NULL;
    int64_t loaded_count = 0;
    suite_folder_create(&at, "x");
    ASSERT_OK(ntk_network_save(network, at.path));
    ASSERT_OK(ntk_network_load(context, at.path, &again));
    double *const loaded = parameters(again, &loaded_count);
    ck_assert_int_eq(loaded_count, count);
    ASSERT_SAME_BITS(theta, loaded, count);
    free(theta);
    free(loaded);
    ntk_network_destroy(again);
    ntk_network_destroy(network);
    ntk_mlp_destroy(mlp);
    ntk_context_destroy(context);
    suite_folder_remove(&at);
}
END_TEST

/* ---- the file system ---- */

static int32_t phi(void *user, int64_t n, const double *x, double *y) {
    (void)user;
    memmove(y, x, sizeof(double) * (size_t)n);
    return 0;
}

START_TEST(activations_of_the_caller_are_refused) {
    const int64_t widths[] = {2, 3, 1};
    suite_folder at;
    ntk_context *context = NULL;
    ntk_mlp *mlp = NULL;
    ntk_activation *activation = NULL;
    ntk_network *network = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_mlp_create(context, 2, widths, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_OK(ntk_activation_create_function(context, phi, phi, NULL, &activation));
    ASSERT_OK(ntk_mlp_set_activation(mlp, 1, activation));
    ASSERT_OK(ntk_network_create(context, mlp, 0, &network));
    suite_folder_create(&at, "x");
    ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_network_save(network, at.path));
    ck_assert_ptr_nonnull(strstr(ntk_context_last_error(context), "layer 1"));
    suite_folder_remove(&at);
    ntk_network_destroy(network);
    ntk_activation_destroy(activation);
    ntk_mlp_destroy(mlp);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(wrong_paths) {
    world w;
    world_create(&w);
    ntk_network *const network = small_network(w.context), *made = NULL;
    char missing[FOLDER_PATH], pipe[FOLDER_PATH];
    snprintf(missing, sizeof(missing), "%s/missing/x.ntk", w.at.folder);
    snprintf(pipe, sizeof(pipe), "%s/pipe", w.at.folder);
    ck_assert_int_eq(mkfifo(pipe, 0600), 0);
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_save(NULL, w.at.path));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_save(network, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_load(w.context, NULL, &made));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_load(w.context, w.at.path, NULL));
    /* The pipe stands for all that is no file. To load from it must not wait for its other end. No path is outside of the
     * folder: a save that goes wrong would replace what is there. */
    const char *const wrong[] = {"", missing, w.at.folder, pipe};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        ASSERT_STATUS(NTK_ERR_IO, ntk_network_load(w.context, wrong[i], &made));
        ck_assert_ptr_nonnull(strstr(ntk_context_last_error(w.context), wrong[i]));
        ASSERT_STATUS(NTK_ERR_IO, ntk_network_save(network, wrong[i]));
        ck_assert_ptr_nonnull(strstr(ntk_context_last_error(w.context), wrong[i]));
    }
    ck_assert_int_eq(unlink(pipe), 0);
    ck_assert_ptr_null(made);
    ntk_network_destroy(network);
    world_destroy(&w);
}
END_TEST

/* Of a path that is longer than a sentence, the end is told, and the reason. */
START_TEST(long_paths) {
    char path[3000];
    world w;
    ntk_network *made = NULL;
    world_create(&w);
    memset(path, 'a', sizeof(path));
    for (size_t i = 0; i < sizeof(path); i += 100)
        path[i] = '/';
    memcpy(path + sizeof(path) - 6, "b.ntk", 6);
    ASSERT_STATUS(NTK_ERR_IO, ntk_network_load(w.context, path, &made));
    ck_assert_ptr_nonnull(strstr(ntk_context_last_error(w.context), "aab.ntk: cannot be read: "));
    ck_assert_uint_gt(strlen(strstr(ntk_context_last_error(w.context), "read: ")), 8);
    world_destroy(&w);
}
END_TEST

/* A disk that is full in the middle of the file: the old one stays, and nothing else. */
START_TEST(a_failure_leaves_the_old_file) {
    world w;
    world_create(&w);
    ntk_network *const network = rich_network(w.context, NTK_PARAMETERISATION_NTK);
    struct rlimit limit, small;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t most = 0; most < 4000; most += 500) {
        small = (struct rlimit){most, limit.rlim_max};
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
        const ntk_status saved = ntk_network_save(network, w.at.path);
        const ntk_status exported = ntk_network_export_safetensors(network, w.at.path, NULL, 0);
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        ASSERT_STATUS(NTK_ERR_IO, saved);
        ASSERT_STATUS(NTK_ERR_IO, exported);
    }
    ck_assert_int_eq(suite_folder_entries(&w.at), 1);
    size_t size = 0;
    unsigned char *const bytes = suite_read(w.at.path, &size);
    ck_assert_uint_eq(size, w.size);
    ck_assert_int_eq(memcmp(bytes, w.bytes, size), 0);
    free(bytes);
    ntk_network_destroy(network);
    world_destroy(&w);
}
END_TEST

START_TEST(links_and_permissions_are_kept) {
    world w;
    struct stat state;
    char link[FOLDER_PATH];
    world_create(&w);
    ntk_network *const network = small_network(w.context);
    snprintf(link, sizeof(link), "%s/link", w.at.folder);
    ck_assert_int_eq(symlink("small.ntk", link), 0);
    suite_write(w.at.path, 3, "old");
    ck_assert_int_eq(chmod(w.at.path, 0600), 0);
    ASSERT_OK(ntk_network_save(network, link));
    ck_assert_int_eq(lstat(link, &state), 0);
    ck_assert(S_ISLNK(state.st_mode));
    ck_assert_int_eq(lstat(w.at.path, &state), 0);
    ck_assert_uint_eq(state.st_mode & 0777, 0600);
    ck_assert_int_eq(state.st_size, (off_t)w.size);
    ck_assert_int_eq(unlink(link), 0);
    ntk_network_destroy(network);
    world_destroy(&w);
}
END_TEST

/* Temporary names that others have taken, or left behind, are passed over and not touched. */
START_TEST(taken_names) {
    world w;
    char taken[FOLDER_PATH];
    size_t size = 0;
    world_create(&w);
    ntk_network *const network = small_network(w.context);
    snprintf(taken, sizeof(taken), "%s/.ntk-0.part", w.at.folder);
    suite_write(taken, 5, "other");
    ASSERT_OK(ntk_network_save(network, w.at.path));
    unsigned char *const bytes = suite_read(taken, &size);
    ck_assert_uint_eq(size, 5);
    free(bytes);
    ck_assert_int_eq(unlink(taken), 0);
    ck_assert_int_eq(chdir(w.at.folder), 0);
    ASSERT_OK(ntk_network_save(network, "small.ntk")); /* a name without a folder */
    ntk_network_destroy(network);
    world_destroy(&w);
}
END_TEST

/* With each allocation failing in turn. */
START_TEST(out_of_memory) {
    world w;
    world_create(&w);
    ntk_network *const network = small_network(w.context), *made = NULL;
    const long live = atomic_load(&w.tracker.live);
    for (int on = 0; on < 2; on++)
        for (int which = 0; which < 2; which++) {
            ntk_status status = NTK_ERR_NO_MEMORY;
            long number = 0;
            for (; status != NTK_SUCCESS && number < 100; number++) {
                suite_fail_at(&w.tracker, number, on != 0);
                status =
                    which == 0 ? ntk_network_save(network, w.at.path) : ntk_network_load(w.context, w.at.path, &made);
                suite_fail_at(&w.tracker, -1, false);
                REQUIRE(status == NTK_SUCCESS || status == NTK_ERR_NO_MEMORY, "%s", ntk_status_name(status));
                ntk_network_destroy(made);
                made = NULL;
                ck_assert_int_eq(atomic_load(&w.tracker.live), live);
                ck_assert_int_eq(suite_folder_entries(&w.at), 1);
            }
            ASSERT_OK(status);
            ck_assert_int_gt(number, 3);
        }
    ntk_network_destroy(network);
    world_destroy(&w);
}
END_TEST

SUITE("network_file", everything_comes_back, parameters_of_every_magnitude_come_back,
      activations_of_the_caller_are_refused, wrong_paths, long_paths, a_failure_leaves_the_old_file,
      links_and_permissions_are_kept, taken_names, out_of_memory)
