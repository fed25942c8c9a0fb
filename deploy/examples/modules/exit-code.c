// Ends with the exit code that it is told, for Jobs and init containers whose success matters.
//
//     argument 1, or EXIT_CODE    0 to 255, or "trap" for an end without an exit code; 0 where neither is given
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **arguments) {
    const char *word = count > 1 ? arguments[1] : getenv("EXIT_CODE");
    if (word == NULL || *word == 0) word = "0";
    if (strcmp(word, "trap") == 0) {
        puts("leaving by a trap");
        fflush(stdout);
        __builtin_trap();
    }
    char *end;
    long code = strtol(word, &end, 10);
    if (*end != 0 || code < 0 || code > 255) {
        fprintf(stderr, "an exit code is a number from 0 to 255, not \"%s\"\n", word);
        return 2;
    }
    printf("leaving with exit code %ld\n", code);
    return (int)code;
}
