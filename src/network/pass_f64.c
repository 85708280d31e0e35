/* A block of rows on its way through a network (pass.h), in double precision. */
#include "src/network/pass_memory.h"
#include "src/network/pass_forward.h"
#include "src/network/pass_backward.h"
