#include <stddef.h>
#include <stdint.h>

// libFuzzer as a library (LLVM, "LibFuzzer", Using libFuzzer as a library); no installed header declares it.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*run)(const uint8_t *input, size_t count));
