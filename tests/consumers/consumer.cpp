// The C++ wrapper where it is installed, and the C program as C++.
#if __has_include(<ntk/ntk.hpp>)
#include <ntk/ntk.hpp>
#endif
#include "consumer.c"
