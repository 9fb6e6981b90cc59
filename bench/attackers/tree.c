/* A tree fork bomb: tree now|wait THRESHOLD
 *
 * Every process forks, and goes on forking where that is refused: it takes all the processor time that there is
 * for as long as it lives. What bounds it is the container's limit of PIDs.
 */
#include "stamp.h"

int main(int count, char **arguments) {
    begin(count, arguments);
    uint64_t threshold = argument(count, arguments, 2, 200);
    for (;;) {
        uint64_t slot = __atomic_fetch_add(&page->next, 1, __ATOMIC_SEQ_CST);
        while (fork() < 0) stamp(&page->over);
        count_process(slot, threshold);
    }
}
