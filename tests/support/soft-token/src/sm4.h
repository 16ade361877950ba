/** SM4 分组密码算法 (GM/T 0002) of whole blocks, over libcrypto. */
#ifndef SM4_H
#define SM4_H

#include "skf.h"
#include <stdbool.h>
#include <stddef.h>

bool sm4_ecb(const BYTE key[16], bool encrypt, const BYTE *in, size_t len, BYTE *out);

#endif
