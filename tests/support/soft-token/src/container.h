/** What a container holds, on disk: two private keys of 64 hexadecimal digits each, and two certificates. */
#ifndef CONTAINER_H
#define CONTAINER_H

#include "device-state.h"

bool load_key(const struct object *container, bool signing, BYTE key[32]);
bool save_key(const struct object *container, bool signing, const BYTE key[32]);

#endif
