/* A pool of threads for each context, made when a loop first wants it. */
#define _GNU_SOURCE /* sched_getaffinity, sched_getcpu, pthread_setaffinity_np */

#include "lib/threads/parallel.h"

#include "lib/memory/memory.h"

#ifndef NTK_NO_THREADS

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

typedef struct {
    ntki_pool *pool;
    pthread_t thread;
    int32_t number; /* from 1 on: the caller is number 0 */
#ifdef __linux__
    int processor;      /* where it was at the end of its last loop, or -1 */
    bool kept_off;      /* it is kept off the caller's processor */
    cpu_set_t affinity; /* which it has otherwise */
    cpu_set_t others;   /* which it has until then */
#endif
} worker_thread;

struct ntki_pool {
    pthread_mutex_t mutex;
    pthread_cond_t work; /* a loop has begun, or the pool ends */
    pthread_cond_t rest; /* the last worker has left the loop */
    int64_t loop;        /* counts loops; workers wait for the next one */
    int32_t busy;        /* workers still in the loop */
    bool end;
    pid_t process; /* a forked child has the pool but not its threads */
    atomic_llong next;
    int64_t count;
    int32_t most; /* threads that take part, the caller among them */
    ntki_worker_body body;
    void *argument;
    int32_t workers; /* beside the caller */
    int32_t wanted;  /* what was asked for: fewer may have started */
    worker_thread worker[];
};

/* A worker that last ran where the caller is now may be woken there although other processors are idle: Linux looks no
 * further than the caches that processors share, and in some virtual machines they share none. The loop then runs on one
 * processor until the next balancing, 10 ms later. So such a worker, and no other, is kept off that processor while it is
 * woken. It has its affinity back as soon as it runs, or when the caller has no more to do but to wait for it: the other
 * processors may be taken. An affinity that somebody else has set in between stays. All under the pool's mutex. */
#ifdef __linux__

static void begin_place(worker_thread *worker) { worker->processor = -1; }

static void note_place(worker_thread *worker) { worker->processor = sched_getcpu(); }

static void keep_off_the_caller(ntki_pool *pool) {
    const int here = sched_getcpu();
    for (int32_t i = 0; here >= 0 && here < CPU_SETSIZE && i < pool->workers; i++) {
        worker_thread *const worker = &pool->worker[i];
        if (worker->processor != here ||
            pthread_getaffinity_np(worker->thread, sizeof(worker->affinity), &worker->affinity) != 0)
            continue;
        worker->others = worker->affinity;
        CPU_CLR((size_t)here, &worker->others);
        worker->kept_off = CPU_COUNT(&worker->others) > 0 &&
                           pthread_setaffinity_np(worker->thread, sizeof(worker->others), &worker->others) == 0;
    }
}

static void let_go_anywhere(worker_thread *worker) {
    cpu_set_t now;
    if (worker->kept_off && pthread_getaffinity_np(worker->thread, sizeof(now), &now) == 0 &&
        CPU_EQUAL(&now, &worker->others))
        pthread_setaffinity_np(worker->thread, sizeof(worker->affinity), &worker->affinity);
    worker->kept_off = false;
}

#else

static void begin_place(worker_thread *worker) { (void)worker; }
static void note_place(worker_thread *worker) { (void)worker; }
static void keep_off_the_caller(ntki_pool *pool) { (void)pool; }
static void let_go_anywhere(worker_thread *worker) { (void)worker; }

#endif

static void take_part(ntki_pool *pool, int32_t worker) {
    while (worker < pool->most) {
        const int64_t index = atomic_fetch_add(&pool->next, 1);
        if (index >= pool->count)
            return;
        pool->body(index, worker, pool->argument);
    }
}

static void *work(void *argument) {
    worker_thread *const self = argument;
    ntki_pool *const pool = self->pool;
    int64_t seen = 0;
    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        while (pool->loop == seen && !pool->end)
            pthread_cond_wait(&pool->work, &pool->mutex);
        if (pool->end)
            break;
        seen = pool->loop;
        let_go_anywhere(self);
        pthread_mutex_unlock(&pool->mutex);
        take_part(pool, self->number);
        pthread_mutex_lock(&pool->mutex);
        note_place(self);
        if (--pool->busy == 0)
            pthread_cond_signal(&pool->rest);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

/* Workers take no signals: the host's handlers run on the host's threads. */
static int32_t start_workers(ntki_pool *pool, int32_t wanted) {
    sigset_t all, before;
    int32_t started = 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (; started < wanted; started++) {
        worker_thread *const worker = &pool->worker[started];
        *worker = (worker_thread){.pool = pool, .number = started + 1};
        begin_place(worker);
        if (pthread_create(&worker->thread, NULL, work, worker) != 0)
            break;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

/* NULL when there is no memory for it: then the caller works alone. Not through ntki_allocate, which would record an error
 * that is none. */
static ntki_pool *create_pool(ntk_context *context, int32_t workers) {
    const ntk_allocator *const allocator = &context->allocator;
    ntki_pool *const pool =
        allocator->allocate(sizeof(*pool) + (size_t)workers * sizeof(pool->worker[0]), allocator->user);
    if (pool == NULL)
        return NULL;
    *pool = (ntki_pool){.process = getpid(), .wanted = workers};
    atomic_init(&pool->next, 0);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->rest, NULL);
    pool->workers = start_workers(pool, workers);
    return pool;
}

void ntki_pool_destroy(ntk_context *context, ntki_pool *pool) {
    if (pool == NULL)
        return;
    if (pool->process == getpid()) {
        pthread_mutex_lock(&pool->mutex);
        pool->end = true;
        pthread_cond_broadcast(&pool->work);
        pthread_mutex_unlock(&pool->mutex);
        for (int32_t i = 0; i < pool->workers; i++)
            pthread_join(pool->worker[i].thread, NULL);
        pthread_cond_destroy(&pool->rest);
        pthread_cond_destroy(&pool->work);
        pthread_mutex_destroy(&pool->mutex);
    }
    context->allocator.release(pool, context->allocator.user);
}

/* A pool of the size that the context asks for now, in this process. */
static ntki_pool *current_pool(ntk_context *context, int32_t workers) {
    ntki_pool *const pool = context->pool;
    if (pool != NULL && pool->wanted == workers && pool->process == getpid())
        return pool;
    ntki_pool_destroy(context, pool);
    context->pool = create_pool(context, workers);
    return context->pool;
}

static void share(ntki_pool *pool, int64_t count, int32_t most, ntki_worker_body body, void *argument) {
    pthread_mutex_lock(&pool->mutex);
    pool->count = count;
    pool->most = most;
    pool->body = body;
    pool->argument = argument;
    atomic_store(&pool->next, 0);
    pool->busy = pool->workers;
    pool->loop++;
    keep_off_the_caller(pool);
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
    take_part(pool, 0);
    pthread_mutex_lock(&pool->mutex);
    for (int32_t i = 0; i < pool->workers; i++)
        let_go_anywhere(&pool->worker[i]);
    while (pool->busy > 0)
        pthread_cond_wait(&pool->rest, &pool->mutex);
    pthread_mutex_unlock(&pool->mutex);
}

bool ntki_threads_built_in(void) { return true; }

int32_t ntki_threads_available(void) {
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        return CPU_COUNT(&set);
#endif
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : online > NTKI_MOST_THREADS ? NTKI_MOST_THREADS : (int32_t)online;
}

#else

static ntki_pool *current_pool(ntk_context *context, int32_t workers) {
    (void)workers;
    return context->pool;
}

static void share(ntki_pool *pool, int64_t count, int32_t most, ntki_worker_body body, void *argument) {
    (void)pool;
    (void)most;
    for (int64_t index = 0; index < count; index++)
        body(index, 0, argument);
}

void ntki_pool_destroy(ntk_context *context, ntki_pool *pool) {
    (void)context;
    (void)pool;
}

bool ntki_threads_built_in(void) { return false; }

int32_t ntki_threads_available(void) { return 1; }

#endif

int32_t ntki_parallel_workers(const ntk_context *context) { return ntki_context_threads(context); }

void ntki_parallel_for_workers(ntk_context *context, int64_t count, int32_t most, ntki_worker_body body,
                               void *argument) {
    const int32_t threads = ntki_context_threads(context);
    ntki_pool *const pool = threads > 1 && most > 1 && count > 1 ? current_pool(context, threads - 1) : NULL;
    if (pool != NULL) {
        share(pool, count, most, body, argument);
        return;
    }
    for (int64_t index = 0; index < count; index++)
        body(index, 0, argument);
}

typedef struct {
    ntki_loop_body body;
    void *argument;
} plain_loop;

static void run_plain(int64_t index, int32_t worker, void *argument) {
    const plain_loop *const loop = argument;
    (void)worker;
    loop->body(index, loop->argument);
}

void ntki_parallel_for(ntk_context *context, int64_t count, ntki_loop_body body, void *argument) {
    plain_loop loop = {body, argument};
    ntki_parallel_for_workers(context, count, INT32_MAX, run_plain, &loop);
}
