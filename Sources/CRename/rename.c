#define _GNU_SOURCE
#include "serre_rename.h"

#include <fcntl.h>
#include <stdio.h>

int serre_exchange_names(const char *one, const char *other) {
    return renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE);
}
