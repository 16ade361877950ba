/**
 * SM2 椭圆曲线公钥密码算法 (GM/T 0003) over libcrypto, between the blobs of GM/T 0016-2012, clause 6.4, and OpenSSL's own forms. A private key
 * is its 32 bytes.
 */
#ifndef SM2_H
#define SM2_H

#include "skf.h"
#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>

/** A ciphertext as its parts, C1 ‖ C3 ‖ C2: coordinates of 32 bytes each. */
struct sm2_ciphertext {
    BYTE x[32], y[32], hash[32];
    const BYTE *cipher;
    size_t len;
};

#define SM2_CIPHER_MAX 1024

bool sm2_make_key(BYTE key[32]);
/** False for what is no private key. */
bool sm2_public_of(const BYTE key[32], ECCPUBLICKEYBLOB *blob);
/** False for what is no point of the curve: BitLen 256, coordinates at the end of their arrays. */
bool sm2_is_public(const ECCPUBLICKEYBLOB *blob);
/** e = SM3(Z ‖ M) is the caller's: GM/T 0009, clause 8. */
bool sm2_sign(const BYTE key[32], const BYTE e[32], ECCSIGNATUREBLOB *signature);
bool sm2_verify(const ECCPUBLICKEYBLOB *blob, const BYTE e[32], const ECCSIGNATUREBLOB *signature);
/** Writes the blob with its whole Cipher: the caller's memory reaches so far. */
bool sm2_encrypt(const ECCPUBLICKEYBLOB *blob, const BYTE *plain, size_t len, ECCCIPHERBLOB *ciphertext);
/** The length of the plaintext, or -1 where C3 or the point is wrong. */
long sm2_decrypt(const BYTE key[32], const struct sm2_ciphertext *ciphertext, BYTE plain[SM2_CIPHER_MAX]);
/** Reads a blob of at most so many bytes; false where it is cut or its numbers do not stand at the end of their arrays. */
bool sm2_parse_cipher(const ECCCIPHERBLOB *blob, size_t len, struct sm2_ciphertext *ciphertext);
/** Z of GM/T 0009, clause 8.1: SM3(ENTL ‖ ID ‖ a ‖ b ‖ xG ‖ yG ‖ xA ‖ yA). */
bool sm2_za(const ECCPUBLICKEYBLOB *blob, const BYTE *id, size_t id_len, BYTE za[32]);

#endif
