/** SM4 over libcrypto. See sm4.h. */
#include "sm4.h"
#include <openssl/evp.h>

bool sm4_ecb(const BYTE key[16], bool encrypt, const BYTE *in, size_t len, BYTE *out)
{
    int made = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool done = EVP_CipherInit_ex2(context, EVP_sm4_ecb(), key, NULL, encrypt, NULL) == 1 &&
                EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
                EVP_CipherUpdate(context, out, &made, in, (int)len) == 1 && made == (int)len;
    EVP_CIPHER_CTX_free(context);
    return done;
}
