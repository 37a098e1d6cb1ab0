/* The parts of libgit2 that Swift cannot call: `git_libgit2_opts` takes variable arguments. */
#ifndef SERRE_GIT2_H
#define SERRE_GIT2_H

#include <stddef.h>

/* Makes every later write of objects and references reach the disk before it returns; 0 on success. */
int serre_git2_enable_fsync(void);

/* Lets repositories that use the named `extensions.*` be opened, beside the built-in ones; 0 on success. */
int serre_git2_accept_extensions(char **names, size_t count);

/* Finds the user's configuration as the environment now says, as tests need that set HOME; 0 on success. After
   git_libgit2_init, which finds it once for the whole process. */
int serre_git2_look_for_configuration_again(void);

#endif
