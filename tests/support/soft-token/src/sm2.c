/** SM2 over libcrypto. See sm2.h. */
#include "sm2.h"
#include <openssl/asn1t.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <string.h>

/** SM2Cipher of GM/T 0009, clause 7.2, which is what OpenSSL reads and writes. */
typedef struct {
    ASN1_INTEGER *x;
    ASN1_INTEGER *y;
    ASN1_OCTET_STRING *hash;
    ASN1_OCTET_STRING *cipher;
} SM2_CIPHER;

DECLARE_ASN1_FUNCTIONS(SM2_CIPHER)
ASN1_SEQUENCE(SM2_CIPHER) = {
    ASN1_SIMPLE(SM2_CIPHER, x, ASN1_INTEGER),
    ASN1_SIMPLE(SM2_CIPHER, y, ASN1_INTEGER),
    ASN1_SIMPLE(SM2_CIPHER, hash, ASN1_OCTET_STRING),
    ASN1_SIMPLE(SM2_CIPHER, cipher, ASN1_OCTET_STRING),
} ASN1_SEQUENCE_END(SM2_CIPHER)
IMPLEMENT_ASN1_FUNCTIONS(SM2_CIPHER)

/** The 32 bytes of a number in its array of 64; false where the other half is not zero. */
static bool take_number(const BYTE array[64], BYTE number[32])
{
    static const BYTE zeros[32];
    memcpy(number, array + 32, 32);
    return memcmp(array, zeros, 32) == 0;
}

static void put_number(BYTE array[64], const BYTE number[32])
{
    memset(array, 0, 32);
    memcpy(array + 32, number, 32);
}

static bool take_point(const ECCPUBLICKEYBLOB *blob, BYTE point[65])
{
    point[0] = 4; // uncompressed
    return blob->BitLen == 256 && take_number(blob->XCoordinate, point + 1) && take_number(blob->YCoordinate, point + 33);
}

static EVP_PKEY *make_pkey(const BYTE point[65], const BYTE *key)
{
    EVP_PKEY *pkey = NULL;
    BIGNUM *d = key == NULL ? NULL : BN_bin2bn(key, 32, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0);
    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, 65);
    if (d != NULL) OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, d);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    int selection = key == NULL ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR;
    if (EVP_PKEY_fromdata_init(context) != 1 || EVP_PKEY_fromdata(context, &pkey, selection, params) != 1) pkey = NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(context);
    BN_clear_free(d);
    return pkey;
}

static EVP_PKEY *public_pkey(const ECCPUBLICKEYBLOB *blob)
{
    BYTE point[65];
    return take_point(blob, point) ? make_pkey(point, NULL) : NULL;
}

static EVP_PKEY *private_pkey(const BYTE key[32])
{
    ECCPUBLICKEYBLOB blob;
    BYTE point[65];
    return sm2_public_of(key, &blob) && take_point(&blob, point) ? make_pkey(point, key) : NULL;
}

bool sm2_make_key(BYTE key[32])
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "SM2");
    BIGNUM *d = NULL;
    bool made = pkey != NULL && EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1 &&
                BN_bn2binpad(d, key, 32) == 32;
    BN_clear_free(d);
    EVP_PKEY_free(pkey);
    return made;
}

bool sm2_public_of(const BYTE key[32], ECCPUBLICKEYBLOB *blob)
{
    BYTE bytes[65];
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_sm2);
    EC_POINT *point = EC_POINT_new(group);
    BIGNUM *d = BN_bin2bn(key, 32, NULL);
    BIGNUM *limit = BN_dup(EC_GROUP_get0_order(group));
    BN_sub_word(limit, 1); // a private key is from 1 to n − 2: GM/T 0003.1, clause 6.1
    bool made = !BN_is_zero(d) && BN_cmp(d, limit) < 0 && EC_POINT_mul(group, point, d, NULL, NULL, NULL) == 1 &&
                EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, bytes, 65, NULL) == 65;
    if (made) {
        blob->BitLen = 256;
        put_number(blob->XCoordinate, bytes + 1);
        put_number(blob->YCoordinate, bytes + 33);
    }
    BN_clear_free(d);
    BN_free(limit);
    EC_POINT_free(point);
    EC_GROUP_free(group);
    return made;
}

bool sm2_is_public(const ECCPUBLICKEYBLOB *blob)
{
    EVP_PKEY *pkey = public_pkey(blob);
    EVP_PKEY_free(pkey);
    return pkey != NULL;
}

bool sm2_sign(const BYTE key[32], const BYTE e[32], ECCSIGNATUREBLOB *signature)
{
    BYTE der[80], number[32];
    size_t len = sizeof der;
    const BYTE *from = der;
    EVP_PKEY *pkey = private_pkey(key);
    EVP_PKEY_CTX *context = pkey == NULL ? NULL : EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool made = context != NULL && EVP_PKEY_sign_init(context) == 1 && EVP_PKEY_sign(context, der, &len, e, 32) == 1;
    ECDSA_SIG *parts = made ? d2i_ECDSA_SIG(NULL, &from, (long)len) : NULL;
    if (parts != NULL) {
        BN_bn2binpad(ECDSA_SIG_get0_r(parts), number, 32);
        put_number(signature->r, number);
        BN_bn2binpad(ECDSA_SIG_get0_s(parts), number, 32);
        put_number(signature->s, number);
    }
    made = parts != NULL;
    ECDSA_SIG_free(parts);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(pkey);
    return made;
}

bool sm2_verify(const ECCPUBLICKEYBLOB *blob, const BYTE e[32], const ECCSIGNATUREBLOB *signature)
{
    BYTE r[32], s[32];
    if (!take_number(signature->r, r) || !take_number(signature->s, s)) return false;
    unsigned char *der = NULL;
    ECDSA_SIG *parts = ECDSA_SIG_new();
    ECDSA_SIG_set0(parts, BN_bin2bn(r, 32, NULL), BN_bin2bn(s, 32, NULL));
    int len = i2d_ECDSA_SIG(parts, &der);
    EVP_PKEY *pkey = public_pkey(blob);
    EVP_PKEY_CTX *context = pkey == NULL ? NULL : EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool right = context != NULL && len > 0 && EVP_PKEY_verify_init(context) == 1 &&
                 EVP_PKEY_verify(context, der, (size_t)len, e, 32) == 1;
    OPENSSL_free(der);
    ECDSA_SIG_free(parts);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(pkey);
    return right;
}

/** A coordinate of OpenSSL's structure, in its array. */
static bool put_coordinate(BYTE array[64], const ASN1_INTEGER *coordinate)
{
    BYTE number[32];
    BIGNUM *value = ASN1_INTEGER_to_BN(coordinate, NULL);
    bool fits = value != NULL && BN_bn2binpad(value, number, 32) == 32;
    if (fits) put_number(array, number);
    BN_free(value);
    return fits;
}

bool sm2_encrypt(const ECCPUBLICKEYBLOB *blob, const BYTE *plain, size_t len, ECCCIPHERBLOB *ciphertext)
{
    BYTE der[SM2_CIPHER_MAX + 256];
    size_t der_len = sizeof der;
    const BYTE *from = der;
    if (len == 0 || len > SM2_CIPHER_MAX) return false;
    EVP_PKEY *pkey = public_pkey(blob);
    EVP_PKEY_CTX *context = pkey == NULL ? NULL : EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool made = context != NULL && EVP_PKEY_encrypt_init(context) == 1 &&
                EVP_PKEY_encrypt(context, der, &der_len, plain, len) == 1;
    SM2_CIPHER *parts = made ? d2i_SM2_CIPHER(NULL, &from, (long)der_len) : NULL;
    made = parts != NULL && put_coordinate(ciphertext->XCoordinate, parts->x) &&
           put_coordinate(ciphertext->YCoordinate, parts->y) && ASN1_STRING_length(parts->hash) == 32 &&
           ASN1_STRING_length(parts->cipher) == (int)len;
    if (made) {
        memcpy(ciphertext->HASH, ASN1_STRING_get0_data(parts->hash), 32);
        ciphertext->CipherLen = (ULONG)len;
        memcpy((BYTE *)ciphertext + offsetof(ECCCIPHERBLOB, Cipher), ASN1_STRING_get0_data(parts->cipher), len);
    }
    SM2_CIPHER_free(parts);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(pkey);
    return made;
}

bool sm2_parse_cipher(const ECCCIPHERBLOB *blob, size_t len, struct sm2_ciphertext *ciphertext)
{
    const size_t head = offsetof(ECCCIPHERBLOB, Cipher);
    if (len < head || blob->CipherLen > len - head || blob->CipherLen == 0) return false;
    ciphertext->cipher = (const BYTE *)blob + head;
    ciphertext->len = blob->CipherLen;
    memcpy(ciphertext->hash, blob->HASH, 32);
    return take_number(blob->XCoordinate, ciphertext->x) && take_number(blob->YCoordinate, ciphertext->y);
}

static ASN1_INTEGER *integer_of(const BYTE number[32], ASN1_INTEGER *to)
{
    BIGNUM *value = BN_bin2bn(number, 32, NULL);
    to = BN_to_ASN1_INTEGER(value, to);
    BN_free(value);
    return to;
}

long sm2_decrypt(const BYTE key[32], const struct sm2_ciphertext *ciphertext, BYTE plain[SM2_CIPHER_MAX])
{
    unsigned char *der = NULL;
    size_t len = SM2_CIPHER_MAX;
    if (ciphertext->len > SM2_CIPHER_MAX) return -1;
    SM2_CIPHER *parts = SM2_CIPHER_new();
    integer_of(ciphertext->x, parts->x);
    integer_of(ciphertext->y, parts->y);
    ASN1_OCTET_STRING_set(parts->hash, ciphertext->hash, 32);
    ASN1_OCTET_STRING_set(parts->cipher, ciphertext->cipher, (int)ciphertext->len);
    int der_len = i2d_SM2_CIPHER(parts, &der);
    EVP_PKEY *pkey = private_pkey(key);
    EVP_PKEY_CTX *context = pkey == NULL ? NULL : EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool opened = context != NULL && der_len > 0 && EVP_PKEY_decrypt_init(context) == 1 &&
                  EVP_PKEY_decrypt(context, plain, &len, der, (size_t)der_len) == 1;
    OPENSSL_free(der);
    SM2_CIPHER_free(parts);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(pkey);
    return opened ? (long)len : -1;
}

bool sm2_za(const ECCPUBLICKEYBLOB *blob, const BYTE *id, size_t id_len, BYTE za[32])
{
    BYTE point[65], head[2] = { (BYTE)(id_len >> 5), (BYTE)(id_len << 3) }; // ENTL: the id's length in bits
    BYTE curve[64], generator[65];
    if (id_len > 0x1FFF || !take_point(blob, point)) return false;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_sm2);
    BIGNUM *a = BN_new(), *b = BN_new();
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool made = EC_GROUP_get_curve(group, NULL, a, b, NULL) == 1 && BN_bn2binpad(a, curve, 32) == 32 &&
                BN_bn2binpad(b, curve + 32, 32) == 32 &&
                EC_POINT_point2oct(group, EC_GROUP_get0_generator(group), POINT_CONVERSION_UNCOMPRESSED, generator, 65,
                                   NULL) == 65 &&
                EVP_DigestInit_ex(hash, EVP_sm3(), NULL) == 1 && EVP_DigestUpdate(hash, head, 2) == 1 &&
                EVP_DigestUpdate(hash, id, id_len) == 1 && EVP_DigestUpdate(hash, curve, 64) == 1 &&
                EVP_DigestUpdate(hash, generator + 1, 64) == 1 && EVP_DigestUpdate(hash, point + 1, 64) == 1 &&
                EVP_DigestFinal_ex(hash, za, NULL) == 1;
    EVP_MD_CTX_free(hash);
    BN_free(a);
    BN_free(b);
    EC_GROUP_free(group);
    return made;
}
