/* gzip members, one after the other, through zlib's inflate (RFC 1952). See gunzip.h. */
#include "src/cli/gunzip.h"

#include "src/cli/failure.h"

#ifdef NTK_HAVE_ZLIB

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { INPUT_SIZE = 1 << 17, GZIP_WINDOW = 16 + MAX_WBITS };

struct gunzip {
    const char *path;
    gunzip_input input;
    void *user;
    z_stream stream;
    bool in_member;
    long long consumed;
    unsigned char buffer[INPUT_SIZE];
};

bool gunzip_available(void) { return true; }

const char *gunzip_version(void) { return zlibVersion(); }

int gunzip_create(const char *path, gunzip_input input, void *user, const unsigned char *first, size_t first_count,
                  struct gunzip **out) {
    struct gunzip *gunzip = first_count <= INPUT_SIZE ? calloc(1, sizeof *gunzip) : NULL;
    if (!gunzip || inflateInit2(&gunzip->stream, GZIP_WINDOW) != Z_OK) {
        free(gunzip);
        return fail_memory("starting to decompress");
    }
    gunzip->path = path;
    gunzip->input = input;
    gunzip->user = user;
    gunzip->in_member = true;
    memcpy(gunzip->buffer, first, first_count);
    gunzip->stream.next_in = gunzip->buffer;
    gunzip->stream.avail_in = (uInt)first_count;
    gunzip->consumed = (long long)first_count;
    *out = gunzip;
    return DONE;
}

void gunzip_destroy(struct gunzip *gunzip) {
    if (!gunzip)
        return;
    inflateEnd(&gunzip->stream);
    free(gunzip);
}

static long long offset(const struct gunzip *gunzip) { return gunzip->consumed - gunzip->stream.avail_in; }

/* Makes sure that there is input; *ended tells that there is none left. */
static int feed(struct gunzip *gunzip, bool *ended) {
    *ended = false;
    if (gunzip->stream.avail_in > 0)
        return DONE;
    size_t count = 0;
    const int code = gunzip->input(gunzip->user, gunzip->buffer, INPUT_SIZE, &count);
    gunzip->stream.next_in = gunzip->buffer;
    gunzip->stream.avail_in = (uInt)count;
    gunzip->consumed += (long long)count;
    *ended = count == 0;
    return code;
}

/* One step of inflate; *ended tells that the file is at its end, in good order. */
static int inflate_some(struct gunzip *gunzip, bool *ended) {
    const int code = feed(gunzip, ended);
    if (code != DONE)
        return code;
    if (*ended && gunzip->in_member)
        return fail(INPUT_ERROR, "%s: offset %lld: the compressed data end too early: the file is truncated",
                    gunzip->path, offset(gunzip));
    if (*ended)
        return DONE;
    if (!gunzip->in_member && inflateReset(&gunzip->stream) != Z_OK)
        return fail_memory("decompressing");
    gunzip->in_member = true;
    const int result = inflate(&gunzip->stream, Z_NO_FLUSH);
    if (result == Z_STREAM_END)
        gunzip->in_member = false;
    else if (result == Z_MEM_ERROR)
        return fail_memory("decompressing");
    else if (result != Z_OK && result != Z_BUF_ERROR)
        return fail(INPUT_ERROR, "%s: offset %lld: the compressed data are damaged (%s)", gunzip->path, offset(gunzip),
                    gunzip->stream.msg ? gunzip->stream.msg : "zlib gives no reason");
    return DONE;
}

int gunzip_read(struct gunzip *gunzip, unsigned char *destination, size_t capacity, size_t *count) {
    const uInt room = capacity > UINT_MAX ? UINT_MAX : (uInt)capacity;
    gunzip->stream.next_out = destination;
    gunzip->stream.avail_out = room;
    bool ended = false;
    while (!ended && gunzip->stream.avail_out == room) {
        const int code = inflate_some(gunzip, &ended);
        if (code != DONE)
            return code;
    }
    *count = room - gunzip->stream.avail_out;
    return DONE;
}

#else

bool gunzip_available(void) { return false; }

const char *gunzip_version(void) { return ""; }

int gunzip_create(const char *path, gunzip_input input, void *user, const unsigned char *first, size_t first_count,
                  struct gunzip **out) {
    (void)input;
    (void)user;
    (void)first;
    (void)first_count;
    *out = NULL;
    return fail(INPUT_ERROR,
                "%s: the file is compressed by gzip, and this ntk was built without zlib: decompress it first", path);
}

void gunzip_destroy(struct gunzip *gunzip) { (void)gunzip; }

int gunzip_read(struct gunzip *gunzip, unsigned char *destination, size_t capacity, size_t *count) {
    (void)gunzip;
    (void)destination;
    (void)capacity;
    *count = 0;
    return DONE;
}

#endif
