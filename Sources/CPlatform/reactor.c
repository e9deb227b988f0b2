// reactor.h is all static inline; a C target needs a source file, and compiling it here checks the header.
#include "reactor.h"
