/* The parts of libgit2 that Swift cannot call: `git_libgit2_opts` takes variable arguments. */
#ifndef SERRE_GIT2_H
#define SERRE_GIT2_H

#include <stddef.h>

/* Makes every later write of objects and references reach the disk before it returns; 0 on success. */
int serre_git2_enable_fsync(void);

/* Lets repositories that use the named `extensions.*` be opened, beside the built-in ones; 0 on success. */
int serre_git2_accept_extensions(char **names, size_t count);

#endif
