/* What every attacker shares with the bench: one page of a file that both have mapped.
 *
 * The bench reads it while the attack goes on, and after the attacker is dead. Moments are CLOCK_MONOTONIC in
 * nanoseconds, 0 for "not yet". bench/race/stamps.py knows the same layout.
 */
#ifndef STAMP_H
#define STAMP_H

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 2048
#define STAMP_FILE "/stamp"

struct stamps {
    uint64_t ready;   /* it waits for the order, or begins */
    uint64_t begun;   /* the attack began */
    uint64_t breach;  /* the first process too many, or the first byte too many that is in use */
    uint64_t last;    /* last progress */
    uint64_t amount;  /* processes that were made, or bytes that were touched */
    uint64_t over;    /* it has done all that it was to do */
    uint64_t next;    /* the next slot */
    uint64_t counted; /* the first byte too many, page cache included */
    unsigned char taken[SLOTS]; /* one for each process that was made: who counted it first */
};

static struct stamps *page;

static inline uint64_t now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * 1000000000ull + (uint64_t)at.tv_nsec;
}

static inline void rest(long nanoseconds) {
    struct timespec span = {nanoseconds / 1000000000L, nanoseconds % 1000000000L};
    nanosleep(&span, NULL);
}

/* Only the first one to write a moment is kept. */
static inline void stamp(uint64_t *where) {
    uint64_t none = 0, at;
    if (__atomic_load_n(where, __ATOMIC_RELAXED)) return;
    at = now();
    __atomic_compare_exchange_n(where, &none, at, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* Map the page; then go on at once if the first argument is "now", else when SIGUSR1 comes. */
static inline void begin(int count, char **arguments) {
    sigset_t order;
    int signal_number, file = open(STAMP_FILE, O_RDWR);
    if (file < 0) exit(3);
    page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (page == MAP_FAILED) exit(4);
    close(file);
    sigemptyset(&order);
    sigaddset(&order, SIGUSR1);
    sigprocmask(SIG_BLOCK, &order, NULL);
    stamp(&page->ready);
    if (count < 2 || strcmp(arguments[1], "now") != 0) sigwait(&order, &signal_number);
    stamp(&page->begun);
}

/* A number from the command line. */
static inline uint64_t argument(int count, char **arguments, int place, uint64_t otherwise) {
    return count > place ? strtoull(arguments[place], NULL, 10) : otherwise;
}

/* Count the process of this slot; both sides of a fork call it, and the first to run counts. */
static inline void count_process(uint64_t slot, uint64_t threshold) {
    unsigned char none = 0;
    if (slot >= SLOTS ||
        !__atomic_compare_exchange_n(&page->taken[slot], &none, 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        return;
    /* The attacker's first process is one of them. */
    uint64_t processes = 1 + __atomic_add_fetch(&page->amount, 1, __ATOMIC_SEQ_CST);
    if (processes == threshold + 1) stamp(&page->breach);
    __atomic_store_n(&page->last, now(), __ATOMIC_SEQ_CST);
}

#endif
