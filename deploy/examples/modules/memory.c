// Takes memory and holds it, to see that a container's memory limit holds.
//
//     argument 1, or MEMORY_MIB    how many MiB to take and write to; 16 where neither is given
//
// It says how far it has come, so that the log of a container killed for its memory tells where that was. A limit has
// to leave room for WasmEdge, too.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MIB = 1024 * 1024, PAGE = 4096, REPORT_EVERY = 16 };

int main(int count, char **arguments) {
    const char *word = count > 1 ? arguments[1] : getenv("MEMORY_MIB");
    if (word == NULL || *word == 0) word = "16";
    char *end;
    long wanted = strtol(word, &end, 10);
    if (*end != 0 || wanted < 1 || wanted > 4000) {
        fprintf(stderr, "the amount is a number of MiB from 1 to 4000, not \"%s\"\n", word);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    for (long taken = 0; taken < wanted; taken++) {
        volatile char *block = malloc(MIB);
        if (block == NULL) {
            fprintf(stderr, "no more memory after %ld MiB\n", taken);
            return 1;
        }
        for (size_t at = 0; at < MIB; at += PAGE) block[at] = 1;
        if ((taken + 1) % REPORT_EVERY == 0) printf("%ld MiB\n", taken + 1);
    }
    printf("holding %ld MiB\n", wanted);
    for (;;) sleep(3600);
}
