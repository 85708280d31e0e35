/* The file of a run, version 1; docs/trainer-file.md tells it byte by byte:
 *   head and numbers, NTKI_RUN_NUMBERS bytes | CRC-64 of what is before | vectors | CRC-64 of what is before. */
#ifndef NTKI_TRAIN_FILE_H
#define NTKI_TRAIN_FILE_H

#include "lib/checksum/crc64.h"
#include "src/network/file_stream.h"
#include "src/train/train.h"

/* As a network's file, but for a letter. */
#define NTKI_RUN_MAGIC "\x89NTKT\r\n\x1a"

enum {
    NTKI_RUN_VERSION = 1,
    NTKI_RUN_HEAD = 16,
    NTKI_RUN_WORDS = 30,
    NTKI_RUN_NUMBERS = NTKI_RUN_HEAD + 8 * NTKI_RUN_WORDS
};

/* What the vectors are: bits of one of the numbers. */
enum { NTKI_RUN_VELOCITY = 1, NTKI_RUN_WEIGHTS = 2, NTKI_RUN_FLOW = 4, NTKI_RUN_PARTS = 7 };

/* Everything in a file but the vectors. */
typedef struct {
    int64_t parameters, samples; /* P, n */
    uint64_t network, data;      /* checksums */
    int64_t parts;
    ntki_train_settings set;
    double time;
    int64_t steps, evaluations;
    double descent_rate;
    ntki_rkc_numbers flow;
} ntki_run;

/* Bytes on their way, and the sum of those that have passed. */
typedef struct {
    ntki_crc64 crc;
    unsigned char block[1 << 16];
} ntki_run_work;

/* The numbers as bytes, behind the head, and back; the bytes may be anything. False when a word that is 0, or one that
 * is 0 or 1, is not. */
void ntki_run_put(const ntki_run *run, unsigned char bytes[8 * NTKI_RUN_WORDS]);
bool ntki_run_get(const unsigned char bytes[8 * NTKI_RUN_WORDS], ntki_run *run);

/* The checksums by which a network without its parameters, and data with their loss, are known. */
uint64_t ntki_run_network_sum(const ntk_trainer *trainer, ntki_run_work *work);
uint64_t ntki_run_data_sum(const ntk_trainer *trainer, ntki_run_work *work);

/* The vectors of a file in their order, as many as it has. */
typedef struct {
    double *data; /* NULL: zeros, where the flow has nothing yet or no longer */
    int64_t length;
} ntki_run_vector;
enum { NTKI_RUN_MOST_VECTORS = 10 };
int ntki_run_vectors(const ntk_trainer *trainer, const ntki_run *run, ntki_run_vector vector[NTKI_RUN_MOST_VECTORS]);

#endif
