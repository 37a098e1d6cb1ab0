#include "serre_allocation.h"

#include <malloc.h>

void serre_keep_freed_memory(int bytes) {
#ifdef __GLIBC__
    mallopt(M_MXFAST, 0);
    mallopt(M_TRIM_THRESHOLD, bytes);
    // glibc refuses more than half of its heaps' largest size, which is 32 MiB where pointers have 64 bits.
    const int most = 4 * 1024 * 1024 * (int)sizeof(long);
    mallopt(M_MMAP_THRESHOLD, bytes < most ? bytes : most);
#else
    (void)bytes;
#endif
}
