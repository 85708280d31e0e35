/* A folder of its own for a test that reads and writes files. Include before any other header. */
#ifndef NTK_TESTS_FOLDER_H
#define NTK_TESTS_FOLDER_H

#define _POSIX_C_SOURCE 200809L
#define _XOPEN_SOURCE 700 /* mkdtemp, symlink */

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/suite.h"

enum { FOLDER_PATH = 512 };

typedef struct {
    char folder[FOLDER_PATH - 64];
    char path[FOLDER_PATH]; /* of the file that the test is about */
} suite_folder;

static inline void suite_folder_create(suite_folder *at, const char *name) {
    const char *const parent = getenv("TMPDIR");
    snprintf(at->folder, sizeof(at->folder), "%s/ntk-test-XXXXXX", parent != NULL ? parent : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(at->folder));
    snprintf(at->path, sizeof(at->path), "%s/%s", at->folder, name);
}

/* How many entries the folder has, without . and .. */
static inline int suite_folder_entries(const suite_folder *at) {
    DIR *const stream = opendir(at->folder);
    ck_assert_ptr_nonnull(stream);
    int count = -2;
    while (readdir(stream) != NULL)
        count++;
    closedir(stream);
    return count;
}

/* There must be nothing else in it. */
static inline void suite_folder_remove(const suite_folder *at) {
    unlink(at->path);
    ck_assert_int_eq(suite_folder_entries(at), 0);
    ck_assert_int_eq(rmdir(at->folder), 0);
}

static inline void suite_write(const char *path, size_t size, const void *bytes) {
    FILE *const file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

/* The bytes of a file, to be freed. */
static inline unsigned char *suite_read(const char *path, size_t *size) {
    FILE *const file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    *size = (size_t)ftell(file);
    rewind(file);
    unsigned char *const bytes = malloc(*size + 1);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

/* Little-endian, whatever the machine. */
static inline void suite_put(unsigned char *bytes, int count, uint64_t value) {
    for (int i = 0; i < count; i++)
        bytes[i] = (unsigned char)(value >> (8 * i) & 0xff);
}

static inline uint64_t suite_get(const unsigned char *bytes, int count) {
    uint64_t value = 0;
    for (int i = 0; i < count; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static inline uint64_t suite_bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

#endif
