#define _GNU_SOURCE
#include "include/serre_trap.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static const int signals[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
static const char *const names[] = {"SIGILL", "SIGTRAP", "SIGSEGV", "SIGBUS", "SIGFPE", "SIGABRT"};

static char before_text[1024], after_text[1024];
static _Atomic uint64_t seeds[SERRE_TRAP_SLOTS];
static atomic_bool known[SERRE_TRAP_SLOTS];
static atomic_flag told = ATOMIC_FLAG_INIT;
/* The calling thread's slot plus one; 0 for a thread that has none. */
static _Thread_local int32_t own;
/* Room for the handler where the thread's stack has overflowed. */
static _Thread_local char other_stack[1 << 15];

/* One line at a time in one piece, so that no other thread's output comes between. */
static void say(const char *name, uint64_t seed) {
    char line[2 * sizeof before_text + 128], digits[20];
    size_t length = 0;
    int count = 0;
#define ADD(text, size) (memcpy(line + length, (text), (size)), length += (size))
    ADD("serre: error: ", 14);
    ADD(name, strlen(name));
    ADD(before_text, strlen(before_text));
    do digits[count++] = (char)('0' + seed % 10); while (seed /= 10);
    while (count > 0) line[length++] = digits[--count];
    ADD(after_text, strlen(after_text));
    line[length++] = '\n';
#undef ADD
    for (size_t done = 0; done < length;) {
        ssize_t written = write(STDERR_FILENO, line + done, length - done);
        if (written <= 0) return;
        done += (size_t)written;
    }
}

static void handle(int number) {
    const char *name = "a signal";
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (signals[i] == number) name = names[i];
    /* Several threads may trap at once: the first tells and ends the process, the others wait for that. */
    while (atomic_flag_test_and_set(&told)) pause();
    for (int32_t slot = 0; slot < SERRE_TRAP_SLOTS; slot++)
        if (atomic_load(&known[slot]) && (own == 0 || own == slot + 1)) say(name, atomic_load(&seeds[slot]));
    /* The usual end, which comes when the handler returns. */
    signal(number, SIG_DFL);
    raise(number);
}

void serre_trap_install(const char *before, const char *after) {
    strncpy(before_text, before, sizeof before_text - 1);
    strncpy(after_text, after, sizeof after_text - 1);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handle;
    action.sa_flags = SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, NULL);
}

void serre_trap_note(int32_t slot, uint64_t seed) {
    if (slot < 0 || slot >= SERRE_TRAP_SLOTS) return;
    if (own == 0) {
        stack_t stack = {.ss_sp = other_stack, .ss_size = sizeof other_stack};
        sigaltstack(&stack, NULL);
        own = slot + 1;
    }
    atomic_store(&seeds[slot], seed);
    atomic_store(&known[slot], 1);
}
