#include "serre_allocation.h"

#include <malloc.h>

void serre_keep_freed_memory(int bytes) {
#ifdef __GLIBC__
    mallopt(M_MXFAST, 0);
    mallopt(M_TRIM_THRESHOLD, bytes);
    mallopt(M_MMAP_THRESHOLD, bytes);
#else
    (void)bytes;
#endif
}
