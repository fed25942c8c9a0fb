#include "wasmtime.h"
