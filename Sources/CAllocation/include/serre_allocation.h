#ifndef SERRE_ALLOCATION_H
#define SERRE_ALLOCATION_H

/// Has freed pieces of memory join their neighbours at once, and keeps what is freed for what comes next, up to `bytes` of
/// it: glibc's mallopt with M_MXFAST 0, M_TRIM_THRESHOLD and M_MMAP_THRESHOLD (which goes to 32 MiB).
/// Elsewhere it does nothing.
void serre_keep_freed_memory(int bytes);

#endif
