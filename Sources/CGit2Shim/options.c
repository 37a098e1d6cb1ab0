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

int serre_git2_look_for_configuration_again(void)
{
    git_config_level_t levels[] = {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        int status = git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], (const char *)0);
        if (status != 0) return status;
    }
    return 0;
}
