/* Decompression of gzip streams, through zlib where the command is built with it (NTK_HAVE_ZLIB). */
#ifndef NTK_CLI_GUNZIP_H
#define NTK_CLI_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>

struct gunzip;

/* Delivers up to `capacity` compressed bytes; *count = 0 at the end. Returns an exit code. */
typedef int (*gunzip_input)(void *user, unsigned char *destination, size_t capacity, size_t *count);

/* Whether this build can decompress, and zlib's version ("" without it). */
bool gunzip_available(void);
const char *gunzip_version(void);

/* A decompressor that takes first[0..first_count) and then what `input` delivers. Returns an exit code: an error with a
 * sentence in a build without zlib. */
int gunzip_create(const char *path, gunzip_input input, void *user, const unsigned char *first, size_t first_count,
                  struct gunzip **out);
void gunzip_destroy(struct gunzip *gunzip);

/* Delivers up to `capacity` decompressed bytes; *count = 0 at the end of the last member. */
int gunzip_read(struct gunzip *gunzip, unsigned char *destination, size_t capacity, size_t *count);

#endif
