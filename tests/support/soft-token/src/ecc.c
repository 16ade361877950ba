/** SM2 keys of a container, and SM2 with keys from outside: GM/T 0016-2012, clause 7.6. */
#include "container.h"
#include "session-key.h"
#include "sm2.h"
#include "sm4.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#define DEFAULT_ID "1234567812345678"

ULONG SKF_GenRandom(DEVHANDLE hDev, BYTE *pbRandom, ULONG ulRandomLen)
{
    BEGIN(hDev, "len=%u", ulRandomLen);
    REFUSE_IF(pbRandom == NULL, SAR_INVALIDPARAMERR);
    REACH(device, hDev, DEVICE);
    REFUSE_IF(ulRandomLen > 65536 || RAND_bytes(pbRandom, (int)ulRandomLen) != 1, SAR_GENRANDERR);
    // The last random number is the challenge of DevAuth.
    device->device.challenge_len = ulRandomLen <= sizeof device->device.challenge ? ulRandomLen : 0;
    memcpy(device->device.challenge, pbRandom, device->device.challenge_len);
    return end_call(SAR_OK);
}

/** Signing keys are made inside, and only these: clause 7.6 knows SGD_SM2_1 alone here. */
ULONG SKF_GenECCKeyPair(HCONTAINER hContainer, ULONG ulAlgId, ECCPUBLICKEYBLOB *pBlob)
{
    BEGIN(hContainer, "algorithm=%u", ulAlgId);
    BYTE key[32];
    ECCPUBLICKEYBLOB blob;
    REFUSE_IF(pBlob == NULL, SAR_INVALIDPARAMERR);
    REACH(container, hContainer, CONTAINER);
    REFUSE_IF(ulAlgId != settings()->sm2_signing_id, SAR_INVALIDPARAMERR);
    REFUSE_IF(!has_permission(container, "user"), SAR_USER_NOT_LOGGED_IN);
    bool made = sm2_make_key(key) && sm2_public_of(key, &blob) && save_key(container, true, key);
    OPENSSL_cleanse(key, sizeof key);
    REFUSE_IF(!made, SAR_FAIL);
    memcpy(pBlob, &blob, sizeof blob);
    return end_call(SAR_OK);
}

/** Opens clause 6.4's ENVELOPEDKEYBLOB: SM2 under the signing key gives an SM4 key, SM4-ECB under that one the encryption key. */
static ULONG open_enveloped(const BYTE signing_key[32], const ENVELOPEDKEYBLOB *envelope, BYTE key[32])
{
    static const BYTE zeros[32];
    struct sm2_ciphertext parts;
    BYTE plain[SM2_CIPHER_MAX], array[64];
    ECCPUBLICKEYBLOB mine;
    const ECCCIPHERBLOB *cipher = (const ECCCIPHERBLOB *)((const BYTE *)envelope + offsetof(ENVELOPEDKEYBLOB, ECCCipherBlob));
    if (envelope->Version != 1 || envelope->ulBits != 256) return SAR_INDATAERR;
    if (envelope->ulSymmAlgID != SGD_SM4_ECB) return SAR_NOTSUPPORTYETERR;
    if (!sm2_parse_cipher(cipher, offsetof(ECCCIPHERBLOB, Cipher) + 16, &parts)) return SAR_INDATAERR;
    if (sm2_decrypt(signing_key, &parts, plain) != 16) return SAR_INDATAERR;
    // What is encrypted is read as all 64 bytes of ECCPRIVATEKEYBLOB.PrivateKey, or as the key's own 32: one of the two a library does.
    size_t len = settings()->enveloped_len == 32 ? 32 : 64;
    bool opened = sm4_ecb(plain, false, envelope->cbEncryptedPriKey, len, array);
    OPENSSL_cleanse(plain, sizeof plain);
    if (opened && len == 64) opened = memcmp(array, zeros, 32) == 0;
    memcpy(key, array + len - 32, 32);
    OPENSSL_cleanse(array, sizeof array);
    bool same = opened && sm2_public_of(key, &mine) &&
                memcmp(mine.XCoordinate, envelope->PubKey.XCoordinate, 64) == 0 &&
                memcmp(mine.YCoordinate, envelope->PubKey.YCoordinate, 64) == 0;
    return same ? SAR_OK : SAR_INDATAERR;
}

ULONG SKF_ImportECCKeyPair(HCONTAINER hContainer, ENVELOPEDKEYBLOB *pEnvelopedKeyBlob)
{
    BEGIN(hContainer, "");
    BYTE signing_key[32], key[32];
    REFUSE_IF(pEnvelopedKeyBlob == NULL, SAR_INVALIDPARAMERR);
    REACH(container, hContainer, CONTAINER);
    REFUSE_IF(!has_permission(container, "user"), SAR_USER_NOT_LOGGED_IN);
    REFUSE_IF(!load_key(container, true, signing_key), SAR_KEYNOTFOUNDERR);
    ULONG code = open_enveloped(signing_key, pEnvelopedKeyBlob, key);
    if (code == SAR_OK && !save_key(container, false, key)) code = SAR_FAIL;
    OPENSSL_cleanse(signing_key, sizeof signing_key);
    OPENSSL_cleanse(key, sizeof key);
    return end_call(code);
}

/** e of a whole message under the default id, as one implementation of the field does in ECCSignData itself. */
static bool digest_message(const BYTE key[32], const BYTE *message, size_t len, BYTE e[32])
{
    ECCPUBLICKEYBLOB blob;
    BYTE za[32];
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool made = sm2_public_of(key, &blob) && sm2_za(&blob, (const BYTE *)DEFAULT_ID, strlen(DEFAULT_ID), za) &&
                EVP_DigestInit_ex(hash, EVP_sm3(), NULL) == 1 && EVP_DigestUpdate(hash, za, 32) == 1 &&
                EVP_DigestUpdate(hash, message, len) == 1 && EVP_DigestFinal_ex(hash, e, NULL) == 1;
    EVP_MD_CTX_free(hash);
    return made;
}

ULONG SKF_ECCSignData(HCONTAINER hContainer, BYTE *pbData, ULONG ulDataLen, ECCSIGNATUREBLOB *pSignature)
{
    BEGIN(hContainer, "len=%u", ulDataLen);
    BYTE key[32], e[32];
    REFUSE_IF(pbData == NULL || pSignature == NULL, SAR_INVALIDPARAMERR);
    REACH(container, hContainer, CONTAINER);
    REFUSE_IF(!has_permission(container, "user"), SAR_USER_NOT_LOGGED_IN);
    REFUSE_IF(!load_key(container, true, key), SAR_KEYNOTFOUNDERR);
    ULONG code = SAR_OK;
    if (settings()->signs_message) code = digest_message(key, pbData, ulDataLen, e) ? SAR_OK : SAR_FAIL;
    else if (ulDataLen != 32) code = SAR_INDATALENERR;
    else memcpy(e, pbData, 32);
    if (code == SAR_OK && !sm2_sign(key, e, pSignature)) code = SAR_FAIL;
    OPENSSL_cleanse(key, sizeof key);
    return end_call(code);
}

ULONG SKF_ECCVerify(DEVHANDLE hDev, ECCPUBLICKEYBLOB *pECCPubKeyBlob, BYTE *pbData, ULONG ulDataLen,
                    ECCSIGNATUREBLOB *pSignature)
{
    BEGIN(hDev, "len=%u", ulDataLen);
    REFUSE_IF(pECCPubKeyBlob == NULL || pbData == NULL || pSignature == NULL, SAR_INVALIDPARAMERR);
    REACH(device, hDev, DEVICE);
    REFUSE_IF(ulDataLen != 32, SAR_INDATALENERR);
    REFUSE_IF(!sm2_is_public(pECCPubKeyBlob), SAR_INDATAERR);
    return end_call(sm2_verify(pECCPubKeyBlob, pbData, pSignature) ? SAR_OK : SAR_FAIL);
}

ULONG SKF_ExtECCEncrypt(DEVHANDLE hDev, ECCPUBLICKEYBLOB *pECCPubKeyBlob, BYTE *pbPlainText, ULONG ulPlainTextLen,
                        ECCCIPHERBLOB *pCipherText)
{
    BEGIN(hDev, "len=%u", ulPlainTextLen);
    REFUSE_IF(pECCPubKeyBlob == NULL || pbPlainText == NULL || pCipherText == NULL, SAR_INVALIDPARAMERR);
    REACH(device, hDev, DEVICE);
    REFUSE_IF(ulPlainTextLen == 0 || ulPlainTextLen > SM2_CIPHER_MAX, SAR_INDATALENERR);
    return end_call(sm2_encrypt(pECCPubKeyBlob, pbPlainText, ulPlainTextLen, pCipherText) ? SAR_OK : SAR_INDATAERR);
}

ULONG SKF_ExportPublicKey(HCONTAINER hContainer, BOOL bSignFlag, BYTE *pbBlob, ULONG *pulBlobLen)
{
    BEGIN(hContainer, "signing=%u buffer=%s", (ULONG)((int)bSignFlag != 0), pbBlob == NULL ? "null" : "given");
    BYTE key[32];
    ECCPUBLICKEYBLOB blob;
    REACH(container, hContainer, CONTAINER);
    REFUSE_IF(!load_key(container, (int)bSignFlag != 0, key), SAR_KEYNOTFOUNDERR);
    bool found = sm2_public_of(key, &blob);
    OPENSSL_cleanse(key, sizeof key);
    return end_call(found ? give_bytes(&blob, sizeof blob, pbBlob, pulBlobLen) : SAR_FAIL);
}

/** A new session key, and the same under somebody's public key. */
ULONG SKF_ECCExportSessionKey(HCONTAINER hContainer, ULONG ulAlgId, ECCPUBLICKEYBLOB *pPubKey, ECCCIPHERBLOB *pData,
                              HANDLE *phSessionKey)
{
    BEGIN(hContainer, "algorithm=%u", ulAlgId);
    BYTE key[16];
    REFUSE_IF(pPubKey == NULL || pData == NULL || phSessionKey == NULL, SAR_INVALIDPARAMERR);
    REACH(container, hContainer, CONTAINER);
    REFUSE_IF(!is_session_algorithm(ulAlgId), SAR_NOTSUPPORTYETERR);
    REFUSE_IF(RAND_bytes(key, sizeof key) != 1, SAR_GENRANDERR);
    ULONG code = sm2_encrypt(pPubKey, key, sizeof key, pData) ? SAR_OK : SAR_INDATAERR;
    if (code == SAR_OK) code = give_session_key(container, ulAlgId, key, phSessionKey);
    OPENSSL_cleanse(key, sizeof key);
    return end_call(code);
}

/** 04 ‖ x ‖ y ‖ C3 ‖ C2: what one implementation of the field takes instead of a blob; it also takes it without the 04. */
static bool parse_raw(const BYTE *bytes, size_t len, struct sm2_ciphertext *parts)
{
    if (len == 97 + 16 && bytes[0] == 4) bytes++, len--;
    if (len != 96 + 16) return false;
    memcpy(parts->x, bytes, 32);
    memcpy(parts->y, bytes + 32, 32);
    memcpy(parts->hash, bytes + 64, 32);
    parts->cipher = bytes + 96;
    parts->len = 16;
    return true;
}

/** Decrypts with the encryption key; what comes out stays inside, as a handle. */
ULONG SKF_ImportSessionKey(HCONTAINER hContainer, ULONG ulAlgId, BYTE *pbWrapedData, ULONG ulWrapedLen, HANDLE *phKey)
{
    BEGIN(hContainer, "algorithm=%u len=%u", ulAlgId, ulWrapedLen);
    BYTE key[32], plain[SM2_CIPHER_MAX];
    struct sm2_ciphertext parts;
    REFUSE_IF(pbWrapedData == NULL || phKey == NULL, SAR_INVALIDPARAMERR);
    REACH(container, hContainer, CONTAINER);
    REFUSE_IF(!has_permission(container, "user"), SAR_USER_NOT_LOGGED_IN);
    REFUSE_IF(!is_session_algorithm(ulAlgId), SAR_NOTSUPPORTYETERR);
    bool parsed = settings()->raw_session_key
                      ? parse_raw(pbWrapedData, ulWrapedLen, &parts)
                      : sm2_parse_cipher((const ECCCIPHERBLOB *)(const void *)pbWrapedData, ulWrapedLen, &parts);
    REFUSE_IF(!parsed, SAR_INDATALENERR);
    REFUSE_IF(!load_key(container, false, key), SAR_KEYNOTFOUNDERR);
    long len = sm2_decrypt(key, &parts, plain);
    ULONG code = len < 0 ? SAR_INDATAERR : len != 16 ? SAR_INDATALENERR : SAR_OK;
    if (code == SAR_OK) code = give_session_key(container, ulAlgId, plain, phKey);
    OPENSSL_cleanse(key, sizeof key);
    OPENSSL_cleanse(plain, sizeof plain);
    return end_call(code);
}
