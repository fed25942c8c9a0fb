// glibc's functions for its allocator, which Swift's Glibc module does not contain.
#ifdef __linux__
#include <malloc.h>
#endif
