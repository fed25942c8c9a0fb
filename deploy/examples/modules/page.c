// Makes a static page of a text that another container has prepared.
//
//     SOURCE        the text, by its absolute path; /data/text where not set
//     RELATIVE      the same text by a path relative to the working directory; not tried where not set
//     PAGE          the page to write; nothing is written where not set
//     INTERVAL_MS   how long to wait before it looks again, for ever; 0, which is what not setting it means, looks once
//
// It prints which of the two paths could be read and how long the text is, but not the text: for a secret, do without
// PAGE. The text goes to the page from SOURCE, else from RELATIVE. Looking once, it fails where neither can be read;
// looking for ever, it waits for what is not there yet.
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_TEXT = 256 * 1024 };

static char text[MAX_TEXT], before[MAX_TEXT];

static const char *setting(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value != NULL && *value != 0 ? value : otherwise;
}

// A path that is tried, and what came of it the last time.
struct attempt {
    const char *kind, *path;
    long last;
};

// Reads at most MAX_TEXT bytes into `text`; gives their number, or minus the error. It says so when that changes.
static long read_text(struct attempt *attempt) {
    long result;
    FILE *file = fopen(attempt->path, "r");
    if (file == NULL) {
        result = -errno;
    } else {
        result = (long)fread(text, 1, sizeof text, file);
        if (ferror(file)) result = -errno;
        fclose(file);
    }
    if (result != attempt->last) {
        attempt->last = result;
        printf("%s path %s: ", attempt->kind, attempt->path);
        if (result < 0) {
            printf("%s\n", strerror((int)-result));
        } else {
            printf("read %ld bytes\n", result);
        }
    }
    return result;
}

static bool write_page(const char *path, size_t length) {
    FILE *file = fopen(path, "w");
    if (file == NULL) return false;
    fputs("<!doctype html>\n<meta charset=\"utf-8\">\n<title>A page made by Wasm</title>\n<pre>\n", file);
    for (size_t i = 0; i < length; i++) {
        switch (text[i]) {
        case '&': fputs("&amp;", file); break;
        case '<': fputs("&lt;", file); break;
        case '>': fputs("&gt;", file); break;
        default: fputc(text[i], file);
        }
    }
    fputs("</pre>\n", file);
    bool fine = !ferror(file);
    return fclose(file) == 0 && fine;
}

int main(void) {
    enum { NEVER = -1000000 };
    struct attempt absolute = {"absolute", setting("SOURCE", "/data/text"), NEVER};
    struct attempt relative = {"relative", setting("RELATIVE", NULL), NEVER};
    const char *page = setting("PAGE", NULL);
    const char *word = setting("INTERVAL_MS", "0");
    char *end;
    long interval = strtol(word, &end, 10);
    if (*end != 0 || interval < 0) {
        fprintf(stderr, "INTERVAL_MS must be a number, not \"%s\"\n", word);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    long known = -1;
    for (;;) {
        long by_relative = relative.path != NULL ? read_text(&relative) : -1;
        long by_absolute = read_text(&absolute);
        long length = by_absolute >= 0 ? by_absolute : by_relative;
        bool changed = length >= 0 && (length != known || memcmp(text, before, (size_t)length) != 0);
        if (changed && page != NULL) {
            if (!write_page(page, (size_t)length)) {
                fprintf(stderr, "%s: %s\n", page, strerror(errno));
                return 1;
            }
            printf("wrote %s\n", page);
        }
        if (changed) {
            memcpy(before, text, (size_t)length);
            known = length;
        }
        if (interval == 0) return length >= 0 ? 0 : 1;
        struct timespec pause = {interval / 1000, interval % 1000 * 1000000};
        nanosleep(&pause, NULL);
    }
}
