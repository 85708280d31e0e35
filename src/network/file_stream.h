/* Files that the caller names, read and written in blocks. A written file appears under its name only when it is complete:
 * it is made in the same folder under another name, brought to the disk, and renamed. */
#ifndef NTKI_FILE_STREAM_H
#define NTKI_FILE_STREAM_H

#include "lib/context/context.h"

/* What sentences are made with. */
typedef struct {
    ntk_context *context;
    const char *function;
    const char *path; /* as the caller gave it */
} ntki_file;

typedef struct {
    ntki_file named;
    int descriptor; /* -1: closed */
    int64_t size;   /* when it was opened */
    int64_t position;
} ntki_file_reader;

typedef struct {
    ntki_file named;
    int descriptor;
    uint32_t mode;   /* who may read and write it */
    char *target;    /* links followed */
    char *temporary; /* its name until it is complete */
} ntki_file_writer;

/* NTK_ERR_FORMAT and the sentence "PATH: ...". */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
ntk_status
ntki_file_refuse(const ntki_file *file, const char *format, ...);

/* A regular file. NTK_ERR_NULL, NTK_ERR_IO. To be closed in any case. */
ntk_status ntki_file_open(ntki_file_reader *reader, ntk_context *context, const char *function, const char *path);

/* The next bytes. NTK_ERR_FORMAT when the file ends before, NTK_ERR_IO. */
ntk_status ntki_file_read(ntki_file_reader *reader, int64_t bytes, void *buffer);
ntk_status ntki_file_seek(ntki_file_reader *reader, int64_t position);

void ntki_file_close(ntki_file_reader *reader);

/* NTK_ERR_NULL, NTK_ERR_IO, NTK_ERR_NO_MEMORY. To be ended by ntki_file_abandon() in any case. */
ntk_status ntki_file_begin(ntki_file_writer *writer, ntk_context *context, const char *function, const char *path);
ntk_status ntki_file_write(ntki_file_writer *writer, int64_t bytes, const void *buffer);
ntk_status ntki_file_commit(ntki_file_writer *writer);

/* Removes what was written, unless it was committed. */
void ntki_file_abandon(ntki_file_writer *writer);

#endif
