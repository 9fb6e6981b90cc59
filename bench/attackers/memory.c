/* A memory hog: memory now|wait LIMIT PER_CENT FIRST STEP PAUSE MOST
 *
 * Touches byte after byte, a page at a time: FIRST bytes at once, then STEP bytes and PAUSE microseconds of rest,
 * until MOST bytes are touched. The breach is when more than PER_CENT of LIMIT is in use, as docker stats has it:
 * what the kernel counts (it is asked every 16 pages, and counts page tables and whole batches of pages too)
 * without the page cache that nobody used lately. That is dear to read, so it is read from when the count is
 * above until the breach. Where neither can be seen from within the container, it is the byte at PER_CENT of LIMIT.
 */
#include "stamp.h"

#define PAGE 4096ull
#define PROGRESS (16 * PAGE)

static int opened_count(void) {
    int file = open("/sys/fs/cgroup/memory/memory.usage_in_bytes", O_RDONLY);
    return file >= 0 ? file : open("/sys/fs/cgroup/memory.current", O_RDONLY);
}

/* How much the kernel counts, or else how much was touched. */
static uint64_t counted(int file, uint64_t touched) {
    char text[32] = "";
    if (file < 0 || pread(file, text, sizeof text - 1, 0) <= 0) return touched;
    return strtoull(text, NULL, 10);
}

static int opened_stat(void) {
    int file = open("/sys/fs/cgroup/memory/memory.stat", O_RDONLY);
    return file >= 0 ? file : open("/sys/fs/cgroup/memory.stat", O_RDONLY);
}

/* Page cache that nobody used lately, of the whole subtree on version 1. */
static uint64_t unused_cache(int file) {
    static char text[16384];
    ssize_t size = file < 0 ? 0 : pread(file, text, sizeof text - 1, 0);
    char *found;
    text[size > 0 ? size : 0] = 0;
    found = strstr(text, "\ntotal_inactive_file ");
    if (found) return strtoull(found + 21, NULL, 10);
    found = strstr(text, "\ninactive_file ");
    return found ? strtoull(found + 15, NULL, 10) : 0;
}

int main(int count, char **arguments) {
    int file = opened_count(), stat = opened_stat();
    begin(count, arguments);
    uint64_t limit = argument(count, arguments, 2, 100ull << 20), share = argument(count, arguments, 3, 80);
    uint64_t first = argument(count, arguments, 4, 0), step = argument(count, arguments, 5, 1ull << 20);
    uint64_t between = argument(count, arguments, 6, 0), most = argument(count, arguments, 7, 2 * limit);
    uint64_t threshold = limit * share / 100, resting = first;
    volatile char *memory =
        mmap(NULL, most, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) exit(5);
    for (uint64_t at = 0; at < most; at += PAGE) {
        memory[at] = 1;
        if (at % PROGRESS == 0) {
            uint64_t much = counted(file, at + PAGE);
            if (much > threshold) stamp(&page->counted);
            if (much > threshold && !page->breach && much > threshold + unused_cache(stat)) stamp(&page->breach);
            page->amount = at + PAGE;
            page->last = now();
        }
        if (between && at >= resting) {
            resting += step;
            rest((long)between * 1000L);
        }
    }
    stamp(&page->over);
    for (;;) pause();
}
