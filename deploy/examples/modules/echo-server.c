// An HTTP server that answers every request with the request: its line, its headers and its body, as text.
//
//     PORT    where it listens, on every IPv4 address; 8080 where not set
//
// One thread serves up to MAX_CLIENTS connections: all are non-blocking, and poll_oneoff says which can go on. A client
// that is silent or slow keeps its place for ten seconds (PATIENCE), and holds up nobody else meanwhile; only where all
// places are taken, newcomers wait in the backlog until one is free. Connections are kept for further requests.
//
// A request that is none is answered 400, one that does not come to its end 408, one that is too large 413 or 431, one
// in chunks 501. No signal reaches a module: what ends the server is crun on SIGTERM, where it does that, else the end
// of the Pod's grace period.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wasi/api.h>

#include "wasmedge_socket.h"

enum {
    MAX_CLIENTS = 64,
    MAX_HEAD = 8 * 1024,
    MAX_BODY = 64 * 1024,
    MAX_REQUEST = MAX_HEAD + MAX_BODY,
    MAX_ANSWER_HEAD = 512,
};
static const uint64_t SECOND = 1000 * 1000 * 1000;
#define PATIENCE (10 * SECOND)
#define PATIENCE_AFTER_A_REFUSAL (2 * SECOND)

enum state {
    FREE,
    READING,   // waits for a request, or for the rest of one
    WRITING,   // sends the answer
    DRAINING,  // has refused: reads on for a moment, since closing now would take the answer from the client
};

struct client {
    enum state state;
    uint32_t fd;
    uint64_t deadline;
    bool keep;       // the connection, once the answer is sent
    bool continued;  // the client was told to go on with the body
    size_t received;
    size_t taken;    // how much of what was received the answer covers
    size_t answer, sent;
    uint8_t request[MAX_REQUEST];
    uint8_t response[MAX_ANSWER_HEAD + MAX_REQUEST];
};

static struct client clients[MAX_CLIENTS];

static uint64_t now(void) {
    __wasi_timestamp_t time = 0;
    (void)__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &time);
    return time;
}

// The answer, and what becomes of the connection.

static void answer(struct client *client, const char *status, const void *body, size_t length, bool head_only) {
    int head = snprintf((char *)client->response, MAX_ANSWER_HEAD,
                        "HTTP/1.1 %s\r\n"
                        "Content-Type: text/plain; charset=utf-8\r\n"
                        "X-Content-Type-Options: nosniff\r\n"
                        "Content-Length: %zu\r\n"
                        "Connection: %s\r\n\r\n",
                        status, length, client->keep ? "keep-alive" : "close");
    client->answer = (size_t)head;
    client->sent = 0;
    if (!head_only) {
        memcpy(client->response + head, body, length);
        client->answer += length;
    }
    client->state = WRITING;
    client->deadline = now() + PATIENCE;
}

static void refuse(struct client *client, const char *status) {
    char body[64];
    int length = snprintf(body, sizeof body, "%s\n", status);
    client->keep = false;
    client->taken = client->received;
    answer(client, status, body, (size_t)length, false);
    printf("%s\n", status);
}

static void drop(struct client *client) {
    (void)__wasi_fd_close((__wasi_fd_t)client->fd);
    client->state = FREE;
}

// What a request says.

struct text {
    const char *start;
    size_t length;
};

struct request {
    struct text method, target;
    size_t head, body;
    bool keep, expects_continue;
};

static bool equals(struct text text, const char *word) {
    return text.length == strlen(word) && strncasecmp(text.start, word, text.length) == 0;
}

static bool is_token(struct text text) {
    for (size_t i = 0; i < text.length; i++) {
        char c = text.start[i];
        bool letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (c == 0 || (!letter && strchr("!#$%&'*+-.^_`|~", c) == NULL)) return false;
    }
    return text.length > 0;
}

// Up to `end`, or everything; `rest` begins behind it.
static struct text cut(struct text *rest, char end) {
    const char *found = memchr(rest->start, end, rest->length);
    struct text piece = {rest->start, found ? (size_t)(found - rest->start) : rest->length};
    size_t used = piece.length + (found ? 1 : 0);
    rest->start += used;
    rest->length -= used;
    return piece;
}

static struct text trimmed(struct text text) {
    while (text.length > 0 && (text.start[0] == ' ' || text.start[0] == '\t')) text.start++, text.length--;
    for (; text.length > 0; text.length--) {
        char last = text.start[text.length - 1];
        if (last != ' ' && last != '\t') break;
    }
    return text;
}

// One line without its CRLF. False where it ends otherwise, or holds a control character.
static bool cut_line(struct text *rest, struct text *line) {
    *line = cut(rest, '\n');
    if (line->length == 0 || line->start[line->length - 1] != '\r') return false;
    line->length--;
    for (size_t i = 0; i < line->length; i++) {
        unsigned char c = (unsigned char)line->start[i];
        if ((c < ' ' && c != '\t') || c == 0x7f) return false;
    }
    return true;
}

static bool parse_length(struct text text, size_t *length) {
    if (text.length == 0) return false;
    *length = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.start[i] < '0' || text.start[i] > '9') return false;
        if (*length <= MAX_BODY) *length = *length * 10 + (size_t)(text.start[i] - '0');
    }
    return true;
}

// Reads the head of a request; gives NULL, or the status of the refusal.
static const char *parse(struct text rest, struct request *request) {
    const char *bad = "400 Bad Request";
    *request = (struct request){.head = rest.length, .keep = true};

    struct text line;
    if (!cut_line(&rest, &line)) return bad;
    request->method = cut(&line, ' ');
    request->target = cut(&line, ' ');
    if (!is_token(request->method) || request->target.length == 0) return bad;
    for (size_t i = 0; i < request->target.length; i++) {
        if ((unsigned char)request->target.start[i] <= ' ' || (unsigned char)request->target.start[i] > '~') return bad;
    }
    bool old = equals(line, "HTTP/1.0");
    if (!old && !equals(line, "HTTP/1.1")) return bad;
    request->keep = !old;

    int hosts = 0;
    bool sized = false;
    for (;;) {
        if (!cut_line(&rest, &line)) return bad;
        if (line.length == 0) break;
        if (memchr(line.start, ':', line.length) == NULL) return bad;
        struct text name = cut(&line, ':');
        struct text value = trimmed(line);
        if (!is_token(name)) return bad;
        if (equals(name, "Host")) hosts++;
        if (equals(name, "Transfer-Encoding")) return "501 Not Implemented";
        if (equals(name, "Expect")) request->expects_continue = equals(value, "100-continue");
        if (equals(name, "Connection")) {
            if (equals(value, "close")) request->keep = false;
            if (equals(value, "keep-alive")) request->keep = true;
        }
        if (equals(name, "Content-Length")) {
            size_t length;
            if (!parse_length(value, &length) || (sized && length != request->body)) return bad;
            request->body = length;
            sized = true;
        }
    }
    if (hosts > 1 || (hosts == 0 && !old)) return bad;
    if (request->body > MAX_BODY) return "413 Content Too Large";
    return NULL;
}

// Answers the request that has arrived, if it has arrived whole.
static void consider(struct client *client) {
    const char *start = (const char *)client->request;
    size_t head = 0;
    for (size_t i = 3; i < client->received && i < MAX_HEAD && head == 0; i++) {
        if (memcmp(start + i - 3, "\r\n\r\n", 4) == 0) head = i + 1;
    }
    if (head == 0) {
        if (client->received >= MAX_HEAD) refuse(client, "431 Request Header Fields Too Large");
        return;
    }
    struct request request;
    const char *refusal = parse((struct text){start, head}, &request);
    if (refusal != NULL) {
        refuse(client, refusal);
        return;
    }
    size_t whole = request.head + request.body;
    if (client->received < whole) {
        if (request.expects_continue && !client->continued) {
            static char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
            struct socket_buffer buffer = {(uint8_t *)go_on, sizeof go_on - 1};
            uint32_t length = 0;
            (void)socket_send(client->fd, &buffer, 1, 0, &length);
            client->continued = true;
        }
        return;
    }
    client->keep = request.keep;
    client->continued = false;
    client->taken = whole;
    answer(client, "200 OK", client->request, whole, equals(request.method, "HEAD"));
    // The kubelet's probes would be most of the log.
    if (!equals(request.target, "/healthz")) {
        printf("%.*s %.*s: %zu bytes\n", (int)request.method.length, request.method.start,
               (int)request.target.length, request.target.start, whole);
    }
}

// What a connection does once poll_oneoff says that it can.

static void receive(struct client *client) {
    // While draining, what arrives is thrown away.
    size_t have = client->state == DRAINING ? 0 : client->received;
    struct socket_buffer buffer = {client->request + have, (uint32_t)(MAX_REQUEST - have)};
    uint32_t length = 0, flags = 0;
    uint32_t error = socket_receive(client->fd, &buffer, 1, 0, &length, &flags);
    if (error == __WASI_ERRNO_AGAIN || error == __WASI_ERRNO_INTR) return;
    if (error != 0 || length == 0) {
        drop(client);
        return;
    }
    if (client->state == DRAINING) return;
    // The clock of a request starts with its first byte.
    if (client->received == 0) client->deadline = now() + PATIENCE;
    client->received += length;
    consider(client);
}

static void send_more(struct client *client) {
    struct socket_buffer buffer = {client->response + client->sent, (uint32_t)(client->answer - client->sent)};
    uint32_t length = 0;
    uint32_t error = socket_send(client->fd, &buffer, 1, 0, &length);
    if (error == __WASI_ERRNO_AGAIN || error == __WASI_ERRNO_INTR) return;
    if (error != 0) {
        drop(client);
        return;
    }
    client->sent += length;
    if (client->sent < client->answer) return;
    if (!client->keep) {
        (void)socket_shut(client->fd, SHUT_SENDING);
        client->state = DRAINING;
        client->deadline = now() + PATIENCE_AFTER_A_REFUSAL;
        return;
    }
    client->received -= client->taken;
    memmove(client->request, client->request + client->taken, client->received);
    client->state = READING;
    client->deadline = now() + PATIENCE;
    if (client->received > 0) consider(client);
}

static void welcome(uint32_t listener) {
    struct client *client = NULL;
    for (int i = 0; i < MAX_CLIENTS && client == NULL; i++) {
        if (clients[i].state == FREE) client = &clients[i];
    }
    uint32_t fd;
    if (client == NULL || socket_accept(listener, &fd) != 0) return;
    if (__wasi_fd_fdstat_set_flags((__wasi_fd_t)fd, __WASI_FDFLAGS_NONBLOCK) != 0) {
        (void)__wasi_fd_close((__wasi_fd_t)fd);
        return;
    }
    client->state = READING;
    client->fd = fd;
    client->received = 0;
    client->continued = false;
    client->deadline = now() + PATIENCE;
}

static __attribute__((noreturn)) void fail(const char *what, uint32_t error) {
    fprintf(stderr, "%s: WASI error %u\n", what, (unsigned)error);
    exit(1);
}

static uint32_t listen_on(uint32_t port) {
    static const uint8_t any[4] = {0, 0, 0, 0};
    static const int32_t yes = 1;
    struct socket_address address = {any, sizeof any};
    uint32_t fd, error;
    if ((error = socket_open(FAMILY_IPV4, TYPE_STREAM, &fd)) != 0) fail("sock_open", error);
    // Otherwise a restarted container would wait for its predecessor's connections.
    error = socket_set_option(fd, LEVEL_SOCKET, OPTION_REUSE_ADDRESS, &yes, sizeof yes);
    if (error != 0) fail("sock_setsockopt", error);
    if ((error = socket_bind(fd, &address, port)) != 0) fail("sock_bind", error);
    if ((error = socket_listen(fd, MAX_CLIENTS)) != 0) fail("sock_listen", error);
    // A client may be gone again before it is accepted, and accepting would then wait.
    error = __wasi_fd_fdstat_set_flags((__wasi_fd_t)fd, __WASI_FDFLAGS_NONBLOCK);
    if (error != 0) fail("fd_fdstat_set_flags", error);
    return fd;
}

// WasmEdge's poll_oneoff returns at once, and empty, for a client that has stopped sending and does not read either.
static void pause_briefly(void) {
    __wasi_subscription_t clock = {.u.tag = __WASI_EVENTTYPE_CLOCK};
    clock.u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
    clock.u.u.clock.timeout = SECOND / 100;
    __wasi_event_t event;
    __wasi_size_t happened;
    (void)__wasi_poll_oneoff(&clock, &event, 1, &happened);
}

// One turn: waits for something to do, and does it.
static void serve(uint32_t listener) {
    enum { LISTENER = MAX_CLIENTS, CLOCK };
    static __wasi_subscription_t wanted[MAX_CLIENTS + 2];
    static __wasi_event_t events[MAX_CLIENTS + 2];
    size_t count = 0;
    int busy = 0;
    uint64_t start = now(), next = UINT64_MAX;
    for (int i = 0; i < MAX_CLIENTS; i++) {
        struct client *client = &clients[i];
        if (client->state != FREE && client->deadline <= start) {
            if (client->state == READING && client->received > 0) {
                refuse(client, "408 Request Timeout");
            } else {
                drop(client);
            }
        }
        if (client->state == FREE) continue;
        busy++;
        if (client->deadline < next) next = client->deadline;
        __wasi_subscription_t *one = &wanted[count++];
        memset(one, 0, sizeof *one);
        one->userdata = (uint64_t)i;
        one->u.tag = client->state == WRITING ? __WASI_EVENTTYPE_FD_WRITE : __WASI_EVENTTYPE_FD_READ;
        one->u.u.fd_read.file_descriptor = (__wasi_fd_t)client->fd;
    }
    if (busy < MAX_CLIENTS) {
        __wasi_subscription_t *one = &wanted[count++];
        memset(one, 0, sizeof *one);
        one->userdata = LISTENER;
        one->u.tag = __WASI_EVENTTYPE_FD_READ;
        one->u.u.fd_read.file_descriptor = (__wasi_fd_t)listener;
    }
    if (busy > 0) {
        __wasi_subscription_t *one = &wanted[count++];
        memset(one, 0, sizeof *one);
        one->userdata = CLOCK;
        one->u.tag = __WASI_EVENTTYPE_CLOCK;
        one->u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
        one->u.u.clock.timeout = next - start;
    }
    __wasi_size_t happened = 0;
    uint32_t error = __wasi_poll_oneoff(wanted, events, count, &happened);
    if (error == __WASI_ERRNO_INTR) return;
    if (error != 0) fail("poll_oneoff", error);
    if (happened == 0) pause_briefly();
    for (size_t i = 0; i < happened; i++) {
        if (events[i].userdata == CLOCK) continue;
        if (events[i].userdata == LISTENER) {
            welcome(listener);
            continue;
        }
        struct client *client = &clients[events[i].userdata];
        if (events[i].error != 0) {
            drop(client);
        } else if (client->state == WRITING) {
            send_more(client);
        } else {
            receive(client);
        }
    }
}

int main(void) {
    const char *given = getenv("PORT");
    char *end = NULL;
    long port = given && *given ? strtol(given, &end, 10) : 8080;
    if ((end && *end) || port < 1 || port > 65535) {
        fprintf(stderr, "PORT must be a number from 1 to 65535, not \"%s\"\n", given);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    uint32_t listener = listen_on((uint32_t)port);
    printf("listening on 0.0.0.0:%ld\n", port);
    for (;;) serve(listener);
}
