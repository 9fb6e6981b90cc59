/* A serial fork bomb, and a transient: forks now|wait THRESHOLD MOST [MILLISECONDS]
 *
 * One process makes children that do nothing, until there are MOST processes or no more can be made. With
 * MILLISECONDS it keeps them for so long, ends them all and lives on: nothing of it is left to be seen.
 */
#include <sys/wait.h>

#include "stamp.h"

int main(int count, char **arguments) {
    begin(count, arguments);
    uint64_t threshold = argument(count, arguments, 2, 200), most = argument(count, arguments, 3, 1000);
    uint64_t keep = argument(count, arguments, 4, 0);
    for (uint64_t made = 1; made < most; made++) {
        uint64_t slot = page->next++;
        pid_t child = fork();
        if (child < 0) break;
        count_process(slot, threshold);
        if (child == 0)
            for (;;) pause();
    }
    if (keep) {
        rest((long)keep * 1000000L);
        /* Everybody but ourselves, who are the first process of the container. */
        kill(-1, SIGKILL);
        while (wait(NULL) > 0) continue;
    }
    stamp(&page->over);
    for (;;) pause();
}
