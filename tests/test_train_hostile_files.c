/* Files of runs with right checksums and wrong contents; files that change while they are read; and what is saved when a
 * flow was stopped. */
#include "tests/folder.h"
#include "tests/train_networks.h"

#include "lib/checksum/crc64.h"

enum { HEAD = 16, NUMBERS = 256, VECTORS = 264 };

/* ---- files ---- */

typedef struct {
    train_world w;
    suite_folder at;
    unsigned char *bytes;
    size_t size;
} run;

static void save(run *r) {
    ASSERT_OK(ntk_trainer_save(r->w.trainer, r->at.path));
    r->bytes = suite_read(r->at.path, &r->size);
}

static void run_destroy(run *r) {
    free(r->bytes);
    train_world_destroy(&r->w);
    suite_folder_remove(&r->at);
}

static void put_sum(unsigned char *bytes, size_t size) {
    ntki_crc64 crc;
    ntki_crc64_start(&crc);
    ntki_crc64_add(&crc, size, bytes);
    suite_put(bytes + size, 8, ntki_crc64_value(&crc));
}

static void seal(unsigned char *bytes, size_t size) {
    put_sum(bytes, NUMBERS);
    put_sum(bytes, size - 8);
}

/* A change of some 8-byte words, by their offsets. */
typedef struct {
    size_t at;
    uint64_t bits;
} change;

static size_t word(int number) { return HEAD + 8 * (size_t)number; }

static void refuse_changes(const run *r, int count, const change *changes) {
    unsigned char *const bytes = malloc(r->size);
    ck_assert_ptr_nonnull(bytes);
    memcpy(bytes, r->bytes, r->size);
    for (int i = 0; i < count; i++)
        suite_put(bytes + changes[i].at, 8, changes[i].bits);
    seal(bytes, r->size);
    suite_write(r->at.path, r->size, bytes);
    double *const before = train_theta(r->w.trainer, r->w.p);
    const ntk_status status = ntk_trainer_restore(r->w.trainer, r->at.path);
    REQUIRE(status == NTK_ERR_FORMAT, "offset %zu, bits %" PRIx64 ": %s", changes[0].at, changes[0].bits,
            ntk_status_name(status));
    double *const after = train_theta(r->w.trainer, r->w.p);
    ASSERT_SAME_BITS(before, after, r->w.p);
    free(before), free(after), free(bytes);
}

static void refuse_change(const run *r, size_t at, uint64_t bits) {
    const change one = {at, bits};
    refuse_changes(r, 1, &one);
}

/* The file as it was passes: it is the change that is refused. */
static void accept_unchanged(const run *r) {
    suite_write(r->at.path, r->size, r->bytes);
    ASSERT_OK(ntk_trainer_restore(r->w.trainer, r->at.path));
}

static void run_create(run *r, int32_t method, int32_t model) {
    double weights[TRAIN_N];
    for (int64_t i = 0; i < TRAIN_N; i++)
        weights[i] = 1 + (double)i;
    suite_folder_create(&r->at, "run.ntk");
    train_world_create(&r->w, 4, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, true);
    ASSERT_OK(ntk_trainer_set_method(r->w.trainer, method));
    ASSERT_OK(ntk_trainer_set_model(r->w.trainer, model));
    ASSERT_OK(ntk_trainer_set_learning_rate(r->w.trainer, 0.05));
    if (method == NTK_TRAIN_DESCENT) {
        ASSERT_OK(ntk_trainer_set_momentum(r->w.trainer, 0.5));
        ASSERT_OK(ntk_trainer_set_sample_weights(r->w.trainer, TRAIN_N, weights));
    }
    ASSERT_OK(ntk_trainer_advance(r->w.trainer, 2));
    save(r);
}

/* Entry p of a vector of P numbers; the sample weights come after three of them. */
static size_t entry(const run *r, int vector, int64_t p) { return VECTORS + 8 * (size_t)(vector * r->w.p + p); }

/* ---- numbers ---- */

static void refuse_real(const run *r, int number, double value) {
    refuse_change(r, word(number), suite_bits_of(value));
}

static const double not_sizes[] = {-1, NAN, INFINITY};

START_TEST(test_impossible_numbers) {
    const uint64_t too_many = (UINT64_C(1) << 53) + 2;
    const change reserved = {8, UINT64_C(9) << 32 | 1};
    run r;
    run_create(&r, NTK_TRAIN_DESCENT, NTK_MODEL_NETWORK);
    const change steps[] = {{word(16), too_many}, {word(15), suite_bits_of(0x1p53 + 2)}};
    const change most[] = {{word(16), INT64_MAX}, {word(15), suite_bits_of(0x1p63)}};
    refuse_changes(&r, 2, steps);
    refuse_changes(&r, 2, most);
    refuse_changes(&r, 1, &reserved);
    refuse_change(&r, word(29), 77);
    refuse_change(&r, word(13), 55);
    refuse_change(&r, word(13), UINT64_C(1) << 32 | 1);
    refuse_change(&r, word(5), 2);
    refuse_change(&r, word(6), 2);
    refuse_change(&r, word(9), TRAIN_N + 1);
    refuse_change(&r, word(17), too_many);
    refuse_change(&r, word(17), INT64_MAX);
    refuse_change(&r, word(16), 3);
    const int sizes[] = {7, 8, 11, 12, 14, 15, 18};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
        for (size_t k = 0; k < 3; k++)
            refuse_real(&r, sizes[i], not_sizes[k]);
    for (int number = 19; number < 29; number++) /* a flow's, and there is none */
        refuse_change(&r, word(number), 1);
    refuse_change(&r, word(4), 8 | 3);
    accept_unchanged(&r);
    run_destroy(&r);
}
END_TEST

START_TEST(test_impossible_numbers_of_a_flow) {
    const uint64_t too_many = (UINT64_C(1) << 53) + 2;
    run r;
    run_create(&r, NTK_TRAIN_FLOW, NTK_MODEL_NETWORK);
    const change far[] = {{word(19), suite_bits_of(-1.7e308)}, {word(20), suite_bits_of(1.7e308)}};
    const change later[] = {{word(19), suite_bits_of(1e300)}, {word(20), suite_bits_of(1e301)}};
    const change sooner[] = {{word(19), 0}, {word(20), suite_bits_of(1)}};
    refuse_changes(&r, 2, far);
    refuse_changes(&r, 2, later);
    refuse_changes(&r, 2, sooner);
    refuse_real(&r, 19, 2.5);
    refuse_real(&r, 20, 1.5);
    for (int number = 19; number <= 24; number++)
        for (size_t k = 0; k < 3; k++)
            refuse_real(&r, number, not_sizes[k]);
    const int counts[] = {16, 17, 25, 27, 28};
    for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
        refuse_change(&r, word(counts[i]), too_many);
        refuse_change(&r, word(counts[i]), INT64_MAX);
        refuse_change(&r, word(counts[i]), UINT64_MAX);
    }
    refuse_change(&r, word(26), 2);
    refuse_change(&r, word(5), NTK_TRAIN_DESCENT);
    accept_unchanged(&r);
    run_destroy(&r);
}
END_TEST

/* ---- vectors ---- */

/* The first weights are frozen; the last bias is not. */
START_TEST(test_impossible_vectors) {
    const uint64_t one = suite_bits_of(0.5), nan = suite_bits_of(NAN), most = suite_bits_of(1.7e308);
    run r;
    run_create(&r, NTK_TRAIN_DESCENT, NTK_MODEL_NETWORK);
    refuse_change(&r, entry(&r, 1, 0), one);
    refuse_change(&r, entry(&r, 2, 1), one);
    refuse_change(&r, entry(&r, 3, 0), suite_bits_of(-5));
    for (int vector = 0; vector < 3; vector++)
        refuse_change(&r, entry(&r, vector, r.w.p - 1), nan);
    accept_unchanged(&r);
    run_destroy(&r);
    run_create(&r, NTK_TRAIN_DESCENT, NTK_MODEL_LINEARISED);
    const change far[] = {{entry(&r, 0, r.w.p - 1), most}, {entry(&r, 1, r.w.p - 1), most}};
    refuse_changes(&r, 2, far);
    refuse_change(&r, entry(&r, 1, 0), one);
    accept_unchanged(&r);
    run_destroy(&r);
    run_create(&r, NTK_TRAIN_FLOW, NTK_MODEL_NETWORK);
    for (int vector = 1; vector < 7; vector++) {
        refuse_change(&r, entry(&r, vector, 0), one);
        refuse_change(&r, entry(&r, vector, r.w.p - 1), nan);
    }
    accept_unchanged(&r);
    run_destroy(&r);
}
END_TEST

/* Every byte of a flow's file; test_train_file.c does that for descent. */
START_TEST(test_a_damaged_flow) {
    run r;
    run_create(&r, NTK_TRAIN_FLOW, NTK_MODEL_NETWORK);
    for (size_t i = 0; i < r.size; i += (size_t)suite_size(1, 61)) {
        r.bytes[i] ^= 0x40;
        suite_write(r.at.path, r.size, r.bytes);
        ASSERT_STATUS(NTK_ERR_FORMAT, ntk_trainer_restore(r.w.trainer, r.at.path));
        r.bytes[i] ^= 0x40;
        suite_write(r.at.path, i, r.bytes);
        ASSERT_STATUS(NTK_ERR_FORMAT, ntk_trainer_restore(r.w.trainer, r.at.path));
    }
    accept_unchanged(&r);
    run_destroy(&r);
}
END_TEST

/* ---- memory that holds NaN, and a file that changes ---- */

/* Where `path` is set, allocation `number` puts the bytes into that file. */
typedef struct {
    ntk_allocator allocator;
    const char *path;
    const unsigned char *bytes;
    size_t size;
    int number;
} trap;

static void *trapped_allocate(size_t size, void *user) {
    trap *const set = user;
    if (set->path != NULL && set->number-- == 0) {
        FILE *const file = fopen(set->path, "r+b"); /* the same file, not another of that name */
        ck_assert_ptr_nonnull(file);
        ck_assert_uint_eq(fwrite(set->bytes, 1, set->size, file), set->size);
        ck_assert_int_eq(fclose(file), 0);
    }
    void *const block = malloc(size > 0 ? size : 1);
    if (block != NULL)
        memset(block, 0xff, size); /* every number is NaN */
    return block;
}

static void trapped_release(void *block, void *user) {
    (void)user;
    free(block);
}

static ntk_context *trapped_context(trap *set) {
    ntk_context *context = NULL;
    *set = (trap){.allocator = {sizeof(ntk_allocator), trapped_allocate, trapped_release, set}};
    ASSERT_OK(ntk_context_create_with_allocator(&set->allocator, &context));
    return context;
}

static bool is_file(const char *path, const unsigned char *bytes, size_t size) {
    size_t found = 0;
    unsigned char *const now = suite_read(path, &found);
    const bool same = found == size && memcmp(now, bytes, size) == 0;
    free(now);
    return same;
}

/* Both are runs; what is restored must be one of them, and not numbers of one with vectors of the other. */
START_TEST(test_a_file_that_changes) {
    enum { MOMENTS = 40 };
    run r;
    trap set;
    int refused = 0;
    suite_folder_create(&r.at, "run.ntk");
    train_world_create_in(trapped_context(&set), &r.w, 4, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, false);
    ASSERT_OK(ntk_trainer_set_learning_rate(r.w.trainer, 0.05));
    ASSERT_OK(ntk_trainer_advance(r.w.trainer, 1));
    save(&r);
    unsigned char *const other = malloc(r.size);
    ck_assert_ptr_nonnull(other);
    memcpy(other, r.bytes, r.size);
    suite_put(other + word(7), 8, suite_bits_of(0.25));
    suite_put(other + entry(&r, 1, 3), 8, suite_bits_of(0.5));
    seal(other, r.size);
    for (int number = 0; number < MOMENTS; number++) {
        suite_write(r.at.path, r.size, r.bytes);
        set.path = r.at.path;
        set.bytes = other;
        set.size = r.size;
        set.number = number;
        const ntk_status status = ntk_trainer_restore(r.w.trainer, r.at.path);
        set.path = NULL;
        ck_assert(status == NTK_SUCCESS || status == NTK_ERR_FORMAT);
        refused += status == NTK_ERR_FORMAT;
        ASSERT_OK(ntk_trainer_save(r.w.trainer, r.at.path));
        ck_assert(is_file(r.at.path, r.bytes, r.size) || is_file(r.at.path, other, r.size));
    }
    ck_assert_int_gt(refused, 0);
    free(other);
    run_destroy(&r);
}
END_TEST

/* ---- a flow that was stopped ---- */

static int32_t count_down(double fraction, const char *phase, void *user) {
    int *const left = user;
    (void)fraction;
    return strcmp(phase, "training") == 0 && --*left < 0;
}

static int32_t fails_at(void *user, int64_t n, int64_t c, const double *f, const double *y, double *gradient) {
    int *const left = user;
    for (int64_t i = 0; i < n * c; i++)
        gradient[i] = f[i] - y[i];
    return (*left)-- == 0;
}

static ntk_trainer *stopped_trainer(const train_world *w, const ntk_loss *loss, bool still) {
    ntk_trainer *trainer = NULL;
    const double zeros[TRAIN_N * TRAIN_C] = {0};
    ASSERT_OK(ntk_trainer_create(w->network, TRAIN_N, w->x, TRAIN_D, still ? zeros : w->y, TRAIN_C, loss, &trainer));
    ASSERT_OK(ntk_trainer_set_method(trainer, NTK_TRAIN_FLOW));
    ASSERT_OK(ntk_trainer_set_centred(trainer, still));
    ASSERT_OK(ntk_trainer_set_tolerance(trainer, 1e-3));
    return trainer;
}

/* The file is read back, and both go on to the same bits. */
static void save_and_go_on(const train_world *w, const ntk_loss *loss, ntk_trainer *trainer, bool still) {
    suite_folder at;
    suite_folder_create(&at, "run.ntk");
    ntk_trainer *const other = stopped_trainer(w, loss, still);
    ASSERT_OK(ntk_trainer_save(trainer, at.path));
    ASSERT_OK(ntk_trainer_restore(other, at.path));
    ASSERT_OK(ntk_trainer_advance(trainer, 4));
    ASSERT_OK(ntk_trainer_advance(other, 4));
    double *const a = train_theta(trainer, w->p), *const b = train_theta(other, w->p);
    ASSERT_SAME_BITS(a, b, w->p);
    free(a), free(b);
    ntk_trainer_destroy(other);
    suite_folder_remove(&at);
}

/* At every report, at every call of the loss, at a point where nothing moves: `how` 0, 1, 2. */
static bool stop_and_save(int how, int number) {
    trap set;
    train_world w;
    ntk_loss *loss = NULL;
    int left = number;
    ntk_context *const context = trapped_context(&set);
    train_world_create_in(context, &w, 8, NTK_ACTIVATION_TANH, NTK_LOSS_SQUARED, true);
    if (how == 1)
        ASSERT_OK(ntk_loss_create_function(context, fails_at, NULL, &left, &loss));
    ntk_trainer *const trainer = stopped_trainer(&w, how == 1 ? loss : w.loss, how == 2);
    if (how != 1)
        ASSERT_OK(ntk_context_set_progress(context, count_down, &left));
    const ntk_status status = ntk_trainer_advance(trainer, 3);
    ASSERT_OK(ntk_context_set_progress(context, NULL, NULL));
    ck_assert(status == NTK_SUCCESS || status == (how == 1 ? NTK_ERR_CALLBACK : NTK_ERR_CANCELLED));
    left = -1;
    save_and_go_on(&w, how == 1 ? loss : w.loss, trainer, how == 2);
    ntk_trainer_destroy(trainer);
    ntk_loss_destroy(loss);
    train_world_destroy(&w);
    return status != NTK_SUCCESS;
}

START_TEST(test_stopped_flows_are_saved) {
    for (int how = 0; how < 3; how++) {
        int number = 0;
        while (stop_and_save(how, number))
            number += (int)suite_size(1, 5);
        ck_assert_int_gt(number, how == 2 ? 2 : 20);
    }
}
END_TEST

SUITE("train_hostile_files", test_impossible_numbers, test_impossible_numbers_of_a_flow, test_impossible_vectors,
      test_a_damaged_flow, test_a_file_that_changes, test_stopped_flows_are_saved)
