/* The types of Wasmtime's C API that crun's handler uses. crun looks up every function by name at run time.  */
#ifndef WASMTIME_H
#define WASMTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct wasm_engine_t wasm_engine_t;
typedef struct wasm_trap_t wasm_trap_t;
typedef struct wasi_config_t wasi_config_t;
typedef struct wasmtime_store wasmtime_store_t;
typedef struct wasmtime_context wasmtime_context_t;
typedef struct wasmtime_linker wasmtime_linker_t;
typedef struct wasmtime_module wasmtime_module_t;
typedef struct wasmtime_error wasmtime_error_t;
typedef struct wasmtime_val wasmtime_val_t;

typedef struct
{
  size_t size;
  char *data;
} wasm_byte_vec_t;
typedef wasm_byte_vec_t wasm_name_t;

/* A function is identified by its store and a private pointer of the library.  */
typedef struct
{
  uint64_t store_id;
  void *own;
} wasmtime_func_t;

#endif
