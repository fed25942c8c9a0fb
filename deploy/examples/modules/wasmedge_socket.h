// WasmEdge's sockets: functions of its own in wasi_snapshot_preview1, which wasi-libc knows nothing of. They are those
// of WasmEdge 0.13 and later; crun with another engine has no sock_open, and a module that imports it does not start.
//
// Each returns a WASI error number (wasi/api.h), 0 where all went well.
#ifndef WASMEDGE_SOCKET_H
#define WASMEDGE_SOCKET_H

#include <stdint.h>

#define WASMEDGE_SOCKET(name) \
    __attribute__((import_module("wasi_snapshot_preview1"), import_name(name)))

enum { FAMILY_IPV4 = 1 };
enum { TYPE_STREAM = 2 };
enum { LEVEL_SOCKET = 0 };
enum { OPTION_REUSE_ADDRESS = 0 };
enum { SHUT_RECEIVING = 1, SHUT_SENDING = 2 };

// An address as sock_bind takes it: four bytes for IPv4, in network order; the port goes apart.
struct socket_address {
    const uint8_t *bytes;
    uint32_t length;
};

struct socket_buffer {
    uint8_t *bytes;
    uint32_t length;
};

WASMEDGE_SOCKET("sock_open")
uint32_t socket_open(uint32_t family, uint32_t type, uint32_t *fd);

WASMEDGE_SOCKET("sock_setsockopt")
uint32_t socket_set_option(uint32_t fd, uint32_t level, uint32_t option, const int32_t *value, uint32_t length);

WASMEDGE_SOCKET("sock_bind")
uint32_t socket_bind(uint32_t fd, const struct socket_address *address, uint32_t port);

WASMEDGE_SOCKET("sock_listen")
uint32_t socket_listen(uint32_t fd, uint32_t backlog);

// Two parameters: the function of this name in later drafts of WASI takes flags, too.
WASMEDGE_SOCKET("sock_accept")
uint32_t socket_accept(uint32_t fd, uint32_t *accepted);

WASMEDGE_SOCKET("sock_recv")
uint32_t socket_receive(uint32_t fd, const struct socket_buffer *buffers, uint32_t count, uint32_t flags,
                        uint32_t *length, uint32_t *result_flags);

WASMEDGE_SOCKET("sock_send")
uint32_t socket_send(uint32_t fd, const struct socket_buffer *buffers, uint32_t count, uint32_t flags,
                     uint32_t *length);

WASMEDGE_SOCKET("sock_shutdown")
uint32_t socket_shut(uint32_t fd, uint32_t how);

#endif
