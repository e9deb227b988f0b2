#pragma once
// What the files share that run between clone and exec. Not for Swift.

#include "spawn.h"

/// Tells the parent what went wrong, with errno's words, and ends.
_Noreturn void firedrill_fail(const char *step, const char *what);

/// Makes the node's root folder and enters it; the calling process has a mount namespace of its own.
void firedrill_make_root(const struct firedrill_node *node);
