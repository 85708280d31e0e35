/* The exact flow of a loss with a piecewise constant gradient: what its files share. Outputs do not see each other, so
 * each has a course of its own (docs/theory/hinge-flow.md). */
#ifndef NTKI_EVENTS_H
#define NTKI_EVENTS_H

#include <stdbool.h>

#include "src/flow/nonlinear.h"

/* The loss of one output of one sample, times the sample's weight: slope[r] between kink[r - 1] and kink[r]. */
typedef struct {
    int32_t kinks; /* 1 or 2, ascending; 0 where the weight is 0 */
    double kink[2];
    double slope[3];
} ntki_event_sample;

/* K_SS = U' U of a changing set S, S in the order in which it came. events_factor.c */
typedef struct {
    int64_t count, capacity, most; /* members, room for them, and how many there can be */
    int64_t *member;               /* n */
    double *u;                     /* the upper triangle, ld = capacity */
} ntki_event_factor;

ntk_status ntki_event_factor_reserve(ntk_context *context, const char *function, ntki_event_factor *factor,
                                     int64_t count);
/* z = U'^{-1} K_Sj; returns K_jj - z'z. */
double ntki_event_factor_project(const ntki_event_factor *factor, int64_t n, const double *gram, int64_t j, double *z);
/* Appends j, with what ntki_event_factor_project() gave and room reserved. */
void ntki_event_factor_append(ntki_event_factor *factor, int64_t j, const double *z, double pivot);
void ntki_event_factor_remove(ntki_event_factor *factor, int64_t index);
/* b = U^{-1} b, and b = (U'U)^{-1} b. */
void ntki_event_factor_back(const ntki_event_factor *factor, double *b);
void ntki_event_factor_solve(const ntki_event_factor *factor, double *b);

/* Where a sample is. */
enum {
    NTKI_EVENT_MOVING = 0, /* between kinks; `region` says where */
    NTKI_EVENT_HELD = 1,   /* on the kink `region`, with a fixed multiplier, since its velocity vanishes without it */
    NTKI_EVENT_FREE = 2    /* on the kink `region`, in S: its multiplier keeps it there */
};

/* All that determines the course from here. */
typedef struct {
    double t;
    int64_t events, still; /* events so far; those since t grew */
    int64_t settled;       /* events when it was settled */
    double *a, *f, *v;     /* coefficients, outputs, weights times subgradients; n each */
    int8_t *place, *region;
} ntki_event_state;

typedef struct {
    const ntki_flow_problem *problem;
    int64_t output;
    bool valid;                /* `now` and what follows from it */
    ntki_event_sample *sample; /* n */
    ntki_event_state now;
    ntki_event_factor factor;
    double *velocity;              /* dF/dt at now.t */
    double *root;                  /* sqrt(K_ii) */
    double size, largest_size;     /* sum_k sqrt(K_kk) |v_k|, and the largest since the course was settled */
    double full_size;              /* of the largest v that there can be */
    double next;                   /* s of the next event, INFINITY for none */
    double *z, *p, *work, *before; /* n each */
    int64_t *list;                 /* n */
    int64_t factorisations;
    int64_t snapshots, room;
    ntki_event_state *snapshot;
} ntki_event_course;

/* out += sum_k coefficient[k] K[index[k],:], k < count; index NULL: row k. */
void ntki_event_add_rows(const ntki_event_course *course, int64_t count, const int64_t *index,
                         const double *coefficient, double *out);

/* What rounding may make of the velocity of sample i: below it, it counts as 0. */
double ntki_event_noise(const ntki_event_course *course, int64_t i);

/* Sets `size` and `largest_size`. */
void ntki_event_measure(ntki_event_course *course);

/* Multipliers of the samples on kinks by the right derivative, and the places that follow. events_direction.c */
ntk_status ntki_event_direct(ntki_event_course *course, const char *function);

/* Frees what a state holds. */
void ntki_event_state_release(ntk_context *context, ntki_event_state *state);
ntk_status ntki_event_state_allocate(ntk_context *context, const char *function, int64_t n, ntki_event_state *state);
void ntki_event_state_copy(int64_t n, const ntki_event_state *from, ntki_event_state *to);

/* events_course.c */
ntk_status ntki_event_course_create(const ntki_flow_problem *problem, const char *function, int64_t output,
                                    ntki_event_course *course);
void ntki_event_course_destroy(ntki_event_course *course);
/* A snapshot of `now`, unless there is one of this event. */
ntk_status ntki_event_course_keep(ntki_event_course *course, const char *function);
/* Removes rounding: outputs from the coefficients, velocities from the multipliers, and S onto its kinks. The factor is made
 * anew. events_settle.c */
ntk_status ntki_event_settle(ntki_event_course *course, const char *function);
/* Goes back to the latest snapshot at or before t where `now` is later than t. */
ntk_status ntki_event_rewind(ntki_event_course *course, const char *function, double t);
/* Goes on by one event if it comes at or before t; *done otherwise. events_pieces.c */
ntk_status ntki_event_advance(ntki_event_course *course, const char *function, double t, bool *done);
/* a (n, stride c) and the error at t, in the piece at hand. events_settle.c */
ntk_status ntki_event_read(ntki_event_course *course, const char *function, double t, double *a, double *error);

#endif
