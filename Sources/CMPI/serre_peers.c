#define _GNU_SOURCE
#include "serre_peers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// As linux/pidfd.h of Linux 6.15 has them; older headers lack them, and older kernels refuse the request.
struct process_info {
    uint64_t mask;
    uint64_t control_group;
    uint32_t identities[11];
    int32_t exit_code;
};
_Static_assert(sizeof(struct process_info) == 64, "the kernel's first version of this structure has 64 bytes");
#define PROCESS_INFO_EXIT ((uint64_t)1 << 3)
#define GET_PROCESS_INFO _IOWR(0xFF, 11, struct process_info)

int serre_peer_open(int process) {
#ifdef SYS_pidfd_open
    return (int)syscall(SYS_pidfd_open, process, 0);
#else
    (void)process;
    return -1;
#endif
}

bool serre_peer_has_ended(int peer) {
    struct pollfd poll_one = {.fd = peer, .events = POLLIN};
    return poll(&poll_one, 1, 0) == 1 && (poll_one.revents & (POLLIN | POLLHUP)) != 0;
}

bool serre_peer_status(int peer, int *status) {
    struct process_info info = {.mask = PROCESS_INFO_EXIT};
    if (ioctl(peer, GET_PROCESS_INFO, &info) != 0 || (info.mask & PROCESS_INFO_EXIT) == 0) return false;
    *status = info.exit_code;
    return true;
}

void serre_end_later(int process, int seconds) {
    int peer = serre_peer_open(process);
    if (peer < 0 || fork() != 0) return;
    // The child of a process with threads: only calls that a signal handler might make.
    setsid();
    for (int file = 0; file < 4096; file++) {
        if (file != peer) close(file);
    }
    struct pollfd poll_one = {.fd = peer, .events = POLLIN};
    if (poll(&poll_one, 1, seconds * 1000) == 0) kill(process, SIGKILL);
    _exit(0);
}

int serre_flag_make(void) {
    int flag = memfd_create("serre", MFD_CLOEXEC);
    if (flag >= 0) serre_flag_set(flag, 0);
    return flag;
}

int serre_flag_open(int process, int flag) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", process, flag);
    return open(path, O_RDONLY | O_CLOEXEC);
}

void serre_flag_set(int flag, unsigned char value) {
    if (flag < 0) return;
    ssize_t written;
    do {
        written = pwrite(flag, &value, 1, 0);
    } while (written < 0 && errno == EINTR);
}

unsigned char serre_flag_get(int flag) {
    unsigned char value = 0;
    return flag >= 0 && pread(flag, &value, 1, 0) == 1 ? value : 0;
}
