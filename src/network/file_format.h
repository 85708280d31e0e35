/* The file of a network, version 1; docs/network-file.md tells it byte by byte:
 *   head | specification of S bytes | CRC-64 of what is before | theta, 8 P bytes | CRC-64 of what is before. */
#ifndef NTKI_FILE_FORMAT_H
#define NTKI_FILE_FORMAT_H

#include "lib/checksum/crc64.h"
#include "src/mlp/mlp.h"
#include "src/network/file_stream.h"

/* As PNG's: a byte that is no ASCII, and line ends that a transfer as text would change. */
#define NTKI_FILE_MAGIC "\x89NTKN\r\n\x1a"

enum {
    NTKI_FILE_VERSION = 1,
    NTKI_FILE_HEAD = 32,  /* magic 8, version 4, zero 4, S 8, P 8 */
    NTKI_FILE_FIXED = 16, /* of the specification: depth 8, parameterisation 4, zero 4; then the widths */
    NTKI_FILE_LAYER = 40, /* of every layer: sw, sb, two rates, skip */
    NTKI_FILE_HIDDEN =
        32, /* of every hidden layer: epsilon, dropout, kind 4, normalised 4, count 4, zero 4; parameters */
    NTKI_FILE_SUM = 8,
    NTKI_FILE_MOST_SPECIFICATION =
        NTKI_FILE_FIXED + 8 +
        NTKI_MLP_MOST_LAYERS * (8 + NTKI_FILE_LAYER + NTKI_FILE_HIDDEN + 8 * NTKI_ACTIVATION_PARAMETERS)
};

/* Bytes on their way, and the sum of those that have passed. */
typedef struct {
    ntki_crc64 crc;
    unsigned char block[1 << 16];
} ntki_file_work;

/* The specification that `size` bytes hold. NTK_ERR_FORMAT and the sentence when they hold none, NTK_ERR_NO_MEMORY. */
ntk_status ntki_file_parse(const ntki_file *file, int64_t size, const unsigned char *bytes, ntk_mlp **out);

#endif
