/* Where bytes come from: a file, plain or compressed by gzip (told by its first bytes, not by its name). */
#ifndef NTK_CLI_SOURCE_H
#define NTK_CLI_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source;

/* Opens `path` ("-": standard input), which must outlive the source, and reads the first bytes. Returns an exit code.
 */
int source_open(const char *path, struct source **out);
void source_close(struct source *source);

/* What messages call the file `path`: "standard input" for "-". */
const char *source_name(const char *path);

/* The name of the source, for messages. */
const char *source_path(const struct source *source);

/* The number of (uncompressed) bytes handed out so far. */
int64_t source_offset(const struct source *source);

/* How many bytes are left, where that is known: a plain regular file. -1 otherwise. */
int64_t source_remaining(const struct source *source);

/* Looks at what comes next without taking it: *bytes points to *count bytes, 0 at the end only, and at least
 * SOURCE_LOOK_AHEAD if there are as many. Returns an exit code. */
enum { SOURCE_LOOK_AHEAD = 4096 };
int source_peek(struct source *source, const unsigned char **bytes, size_t *count);

/* Takes `count` of the bytes that source_peek() showed. */
void source_take(struct source *source, size_t count);

/* Takes exactly `count` bytes; what it says when the file ends before is "PATH: offset N: the file ends inside WHAT".
 */
int source_read(struct source *source, void *destination, size_t count, const char *what);

#endif
