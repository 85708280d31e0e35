/* NTK_API marks what the shared library exports; everything else is hidden. */
#ifndef NTK_EXPORT_H
#define NTK_EXPORT_H

#include <stdint.h>

#if defined(_WIN32)
#define NTK_API
#elif defined(__GNUC__) || defined(__clang__)
#define NTK_API __attribute__((visibility("default")))
#else
#define NTK_API
#endif

#ifdef __cplusplus
#define NTK_BEGIN_DECLS extern "C" {
#define NTK_END_DECLS }
#else
#define NTK_BEGIN_DECLS
#define NTK_END_DECLS
#endif

#endif
