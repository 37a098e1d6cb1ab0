#ifndef SERRE_RENAME_H
#define SERRE_RENAME_H

/// Exchanges two names of one file system in a single step (Linux's renameat2 with RENAME_EXCHANGE).
///
/// Returns 0, or -1 with errno: EINVAL, ENOSYS or ENOTSUP where the file system or the kernel cannot.
int serre_exchange_names(const char *one, const char *other);

#endif
