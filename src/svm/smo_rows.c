/* Rows of K in the order of the active variables. Where that is not the order of K they are gathered, and the latest are kept
 * as gathered: most are asked for again and again, and reading a whole row of a large K takes longer than all else. */
#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "src/svm/smo.h"

/* 16 MB: what the last-level cache of a processor may hold beside other things. */
enum { MOST_GATHERED = 1 << 21 };

ntk_status ntki_smo_open_rows(ntki_smo *smo) {
    const ntki_svm_problem *const problem = smo->problem;
    ntki_svm_rows *const rows = problem->rows;
    ntki_gathered *const own = &smo->gathered;
    const int64_t square = smo->count < MOST_GATHERED / smo->count ? smo->count * smo->count : MOST_GATHERED;
    const int64_t size = square > 2 * smo->count ? square : 2 * smo->count;
    ntk_status status;
    if (rows->gathered_size < size) {
        ntki_release(problem->context, rows->gathered);
        rows->gathered_size = 0;
        if ((status = ntki_allocate_matrix(problem->context, problem->function, size, 1, &rows->gathered)) !=
            NTK_SUCCESS)
            return status;
        rows->gathered_size = size;
    }
    status = ntki_allocate(problem->context, problem->function, smo->count, 2 * sizeof(int64_t), &own->slot_of);
    if (status != NTK_SUCCESS)
        return status;
    own->place_of = own->slot_of + smo->count;
    ntki_smo_forget_rows(smo);
    return NTK_SUCCESS;
}

void ntki_smo_close_rows(ntki_smo *smo) { ntki_release(smo->problem->context, smo->gathered.slot_of); }

void ntki_smo_forget_rows(ntki_smo *smo) {
    ntki_gathered *const own = &smo->gathered;
    const int64_t fitting = smo->active > 0 ? smo->problem->rows->gathered_size / smo->active : smo->count;
    own->capacity = ntki_smaller(fitting, smo->count);
    own->next = own->used = 0;
    for (int64_t v = 0; v < smo->count; v++)
        own->slot_of[v] = -1;
}

/* The next slot, in turn, but for that of the place `keep`. */
static int64_t take_slot(ntki_gathered *own, int64_t keep) {
    if (own->used < own->capacity)
        return own->used++;
    if (own->place_of[own->next] == keep)
        own->next = (own->next + 1) % own->capacity;
    const int64_t slot = own->next;
    own->next = (own->next + 1) % own->capacity;
    own->slot_of[own->place_of[slot]] = -1;
    return slot;
}

ntk_status ntki_smo_row(ntki_smo *smo, int64_t at, int64_t keep, const double **row) {
    ntki_gathered *const own = &smo->gathered;
    if (smo->direct)
        return ntki_svm_rows_get(smo->problem->rows, smo->sample[at], row);
    double *const storage = smo->problem->rows->gathered;
    if (own->slot_of[at] < 0) {
        const double *whole = NULL;
        const ntk_status status = ntki_svm_rows_get(smo->problem->rows, smo->sample[at], &whole);
        if (status != NTK_SUCCESS)
            return status;
        const int64_t slot = take_slot(own, keep);
        double *const out = storage + slot * smo->active;
        own->slot_of[at] = slot;
        own->place_of[slot] = at;
        for (int64_t v = 0; v < smo->active; v++)
            out[v] = whole[smo->sample[v]];
    }
    *row = storage + own->slot_of[at] * smo->active;
    return NTK_SUCCESS;
}
