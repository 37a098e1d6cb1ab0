#include "serre_git2.h"

#include <git2.h>

int serre_git2_enable_fsync(void)
{
    return git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
}

int serre_git2_accept_extensions(char **names, size_t count)
{
    return git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, (const char **)names, count);
}
