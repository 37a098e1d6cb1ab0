/// What MPI does not tell: whether the processes beside this one on the same machine still run, how they ended, and
/// whether they meant to.
///
/// Linux only; every function that returns a descriptor returns -1 where the system cannot do it.
#ifndef SERRE_PEERS_H
#define SERRE_PEERS_H

#include <stdbool.h>

#if defined(__cplusplus)
extern "C" {
#endif

/// A descriptor of a running process that stays valid, and its own, after the process has ended.
int serre_peer_open(int process);
/// Whether the process has ended.
bool serre_peer_has_ended(int peer);
/// How it ended, as wait() tells it, once its parent has asked (Linux 6.15); false when that is not known.
bool serre_peer_status(int peer, int *status);

/// Leaves a process behind that ends another one, if that still runs after so many seconds, and then itself. It holds
/// no file of this process, and no signal to this process's group reaches it.
void serre_end_later(int process, int seconds);

/// Makes a nameless byte of memory that others can read after this process has ended; it is 0.
int serre_flag_make(void);
/// Opens the byte that another process of the same user has made, by its number there.
int serre_flag_open(int process, int flag);
void serre_flag_set(int flag, unsigned char value);
/// The byte; 0 when it cannot be read.
unsigned char serre_flag_get(int flag);

#if defined(__cplusplus)
}
#endif

#endif
