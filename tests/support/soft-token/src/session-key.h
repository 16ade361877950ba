/** Session keys 会话密钥: SM4 in ECB or CBC mode, or for a MAC. */
#ifndef SESSION_KEY_H
#define SESSION_KEY_H

#include "call.h"

bool is_session_algorithm(ULONG algorithm);
/** A handle of a copy of this key. It lives as long as its device's handle. */
ULONG give_session_key(struct object *owner, ULONG algorithm, const BYTE key[16], HANDLE *handle);

#endif
