// Writes lines of JSON to a file that a native container beside it reads.
//
//     LOG_FILE          where; /var/log/app/app.log where not set
//     LOG_INTERVAL_MS   between two lines; 1000 where not set
//     LOG_LINES         how many, then it ends; 0, which is what not setting it means, is for ever
//     LOG_MAX_BYTES     at this size the file is renamed to LOG_FILE.1 and begun anew, so that the two never fill their
//                       volume; 1 MiB where not set
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static long number(const char *name, long otherwise) {
    const char *word = getenv(name);
    if (word == NULL || *word == 0) return otherwise;
    char *end;
    long value = strtol(word, &end, 10);
    if (*end == 0 && value >= 0) return value;
    fprintf(stderr, "%s must be a number, not \"%s\"\n", name, word);
    exit(2);
}

int main(void) {
    static const char *const levels[] = {"debug", "info", "info", "warn", "error"};
    const char *path = getenv("LOG_FILE");
    if (path == NULL || *path == 0) path = "/var/log/app/app.log";
    long interval = number("LOG_INTERVAL_MS", 1000);
    long lines = number("LOG_LINES", 0);
    long most = number("LOG_MAX_BYTES", 1024 * 1024);

    char older[4096];
    if (snprintf(older, sizeof older, "%s.1", path) >= (int)sizeof older) {
        fprintf(stderr, "LOG_FILE is too long\n");
        return 2;
    }
    FILE *file = fopen(path, "a");
    if (file == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return 1;
    }
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    printf("writing to %s\n", path);
    for (long line = 1; lines == 0 || line <= lines; line++) {
        if (ftell(file) >= most && (rename(path, older) != 0 || freopen(path, "a", file) == NULL)) {
            fprintf(stderr, "%s: %s\n", path, strerror(errno));
            return 1;
        }
        time_t seconds = time(NULL);
        struct tm parts;
        char stamp[32];
        strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &parts));
        fprintf(file, "{\"time\":\"%s\",\"level\":\"%s\",\"sequence\":%ld,\"message\":\"work done\"}\n", stamp,
                levels[(size_t)line % (sizeof levels / sizeof *levels)], line);
        if (fflush(file) != 0) {
            fprintf(stderr, "%s: %s\n", path, strerror(errno));
            return 1;
        }
        struct timespec pause = {interval / 1000, interval % 1000 * 1000000};
        nanosleep(&pause, NULL);
    }
    printf("wrote %ld lines\n", lines);
    return 0;
}
