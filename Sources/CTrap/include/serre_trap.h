/*
 * What a process says when it is about to die of a trap: which seeds were at hand, and how to repeat them.
 *
 * Swift ends a program by an illegal instruction where an index is out of range or a precondition does not hold, and a
 * crash in C ends it by a signal. Nothing can be worked out any more then: all is prepared before, and only write(2) is used.
 */
#ifndef SERRE_TRAP_H
#define SERRE_TRAP_H

#include <stdint.h>

/* Threads that can have a seed of their own. */
#define SERRE_TRAP_SLOTS 256

/*
 * From now on SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE and SIGABRT say, for the seed of the thread that they strike or else for
 * each seed at hand, `before`, the seed in decimal, `after` and a line's end on standard error; then the process ends by the
 * signal as it would have. Texts are copied, the first 1023 bytes of each. Call it once, before other threads begin.
 */
void serre_trap_install(const char *before, const char *after);

/* The calling thread, number `slot`, is now at work on a seed. Slots beyond the last are not told of. */
void serre_trap_note(int32_t slot, uint64_t seed);

#endif
