/* The version of the header and of the library that runs. */
#ifndef NTK_VERSION_H
#define NTK_VERSION_H

#include <ntk/export.h>

NTK_BEGIN_DECLS

/* The version this header belongs to; `make check` compares it with the file VERSION. */
#define NTK_VERSION_MAJOR 0
#define NTK_VERSION_MINOR 3
#define NTK_VERSION_PATCH 0
#define NTK_VERSION_STRING "0.3.0"

/* The version of the library in use, "MAJOR.MINOR.PATCH"; static. It may be newer than NTK_VERSION_STRING. Since 0.1. */
NTK_API const char *ntk_version(void);

NTK_END_DECLS

#endif
