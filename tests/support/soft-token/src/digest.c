/** Digests and MACs 密码杂凑与消息鉴别码: GM/T 0016-2012, clause 7.6. */
#include "device-state.h"
#include "sm2.h"
#include <string.h>

#define BLOCK 16
#define DATA_MAX (1u << 24)

static const EVP_MD *algorithm_of(ULONG id)
{
    return id == SGD_SM3 ? EVP_sm3() : id == SGD_SHA1 ? EVP_sha1() : id == SGD_SHA256 ? EVP_sha256() : NULL;
}

/** With SM3, a public key and an id, Z goes in first: what comes out is e of GM/T 0009, clause 8. */
ULONG SKF_DigestInit(DEVHANDLE hDev, ULONG ulAlgID, ECCPUBLICKEYBLOB *pPubKey, BYTE *pucID, ULONG ulIDLen,
                     HANDLE *phHash)
{
    BEGIN(hDev, "algorithm=%u id-len=%u", ulAlgID, ulIDLen);
    BYTE za[32];
    REFUSE_IF(phHash == NULL, SAR_INVALIDPARAMERR);
    REACH(device, hDev, DEVICE);
    const EVP_MD *algorithm = algorithm_of(ulAlgID);
    REFUSE_IF(algorithm == NULL, SAR_NOTSUPPORTYETERR);
    bool with_za = ulAlgID == SGD_SM3 && ulIDLen != 0;
    REFUSE_IF(with_za && (pPubKey == NULL || pucID == NULL), SAR_INVALIDPARAMERR);
    REFUSE_IF(with_za && (!sm2_is_public(pPubKey) || !sm2_za(pPubKey, pucID, ulIDLen, za)), SAR_INDATAERR);
    struct object *digest = add_object(DIGEST, device, "digest");
    REFUSE_IF(digest == NULL, SAR_MEMORYERR);
    digest->digest.context = EVP_MD_CTX_new();
    bool begun = EVP_DigestInit_ex(digest->digest.context, algorithm, NULL) == 1 &&
                 (!with_za || EVP_DigestUpdate(digest->digest.context, za, 32) == 1);
    if (begun) *phHash = handle_of(digest);
    else drop_object(digest);
    return end_call(begun ? SAR_OK : SAR_HASHERR);
}

static ULONG finish_digest(struct object *digest, BYTE *out, ULONG *size)
{
    ULONG code;
    EVP_MD_CTX *context = digest->digest.context;
    if (only_length(out, size, (size_t)EVP_MD_CTX_get_size(context), &code)) return code;
    if (EVP_DigestFinal_ex(context, out, NULL) != 1) return SAR_HASHERR;
    EVP_MD_CTX_free(context);
    digest->digest.context = NULL;
    return SAR_OK;
}

ULONG SKF_Digest(HANDLE hHash, BYTE *pbData, ULONG ulDataLen, BYTE *pbHashData, ULONG *pulHashLen)
{
    BEGIN(hHash, "len=%u", ulDataLen);
    ULONG code;
    REACH(digest, hHash, DIGEST);
    EVP_MD_CTX *context = digest->digest.context;
    REFUSE_IF(context == NULL, SAR_NOTINITIALIZEERR);
    REFUSE_IF(pbData == NULL, SAR_INVALIDPARAMERR);
    // A question for the length takes nothing in.
    REFUSE_IF(only_length(pbHashData, pulHashLen, (size_t)EVP_MD_CTX_get_size(context), &code), code);
    REFUSE_IF(EVP_DigestUpdate(context, pbData, ulDataLen) != 1, SAR_HASHERR);
    return end_call(finish_digest(digest, pbHashData, pulHashLen));
}

ULONG SKF_DigestUpdate(HANDLE hHash, BYTE *pbData, ULONG ulDataLen)
{
    BEGIN(hHash, "len=%u", ulDataLen);
    REACH(digest, hHash, DIGEST);
    REFUSE_IF(digest->digest.context == NULL, SAR_NOTINITIALIZEERR);
    REFUSE_IF(pbData == NULL, SAR_INVALIDPARAMERR);
    return end_call(EVP_DigestUpdate(digest->digest.context, pbData, ulDataLen) == 1 ? SAR_OK : SAR_HASHERR);
}

ULONG SKF_DigestFinal(HANDLE hHash, BYTE *pHashData, ULONG *pulHashLen)
{
    BEGIN(hHash, "");
    REACH(digest, hHash, DIGEST);
    REFUSE_IF(digest->digest.context == NULL, SAR_NOTINITIALIZEERR);
    return end_call(finish_digest(digest, pHashData, pulHashLen));
}

/** CBC-MAC with SM4: the last block of the encryption under the IV, all 16 bytes; a key of whatever mode. */
ULONG SKF_MacInit(HANDLE hKey, BLOCKCIPHERPARAM *pMacParam, HANDLE *phMac)
{
    BEGIN(hKey, "");
    REFUSE_IF(pMacParam == NULL || phMac == NULL, SAR_INVALIDPARAMERR);
    REACH(session, hKey, SESSION_KEY);
    REFUSE_IF(pMacParam->IVLen != BLOCK, SAR_INVALIDPARAMERR);
    REFUSE_IF(pMacParam->PaddingType != NO_PADDING && pMacParam->PaddingType != PKCS5_PADDING, SAR_INVALIDPARAMERR);
    struct object *mac = add_object(MAC, device_of(session), "mac");
    REFUSE_IF(mac == NULL, SAR_MEMORYERR);
    mac->mac.context = EVP_CIPHER_CTX_new();
    mac->mac.padded = pMacParam->PaddingType == PKCS5_PADDING;
    bool begun = EVP_EncryptInit_ex2(mac->mac.context, EVP_sm4_cbc(), session->session.key, pMacParam->IV, NULL) == 1 &&
                 EVP_CIPHER_CTX_set_padding(mac->mac.context, mac->mac.padded) == 1;
    if (begun) *phMac = handle_of(mac);
    else drop_object(mac);
    return end_call(begun ? SAR_OK : SAR_FAIL);
}

/** Block by block, of which only the last is kept. */
static ULONG update_mac(struct object *mac, const BYTE *data, size_t len)
{
    if (data == NULL || len > DATA_MAX) return data == NULL ? SAR_INVALIDPARAMERR : SAR_INDATALENERR;
    for (size_t at = 0; at < len; at += BLOCK) {
        BYTE block[2 * BLOCK];
        int made = 0;
        size_t part = len - at < BLOCK ? len - at : BLOCK;
        if (EVP_EncryptUpdate(mac->mac.context, block, &made, data + at, (int)part) != 1) return SAR_FAIL;
        if (made != 0) memcpy(mac->mac.last, block, BLOCK);
    }
    mac->mac.held = (mac->mac.held + len) % BLOCK;
    return SAR_OK;
}

static ULONG finish_mac(struct object *mac, BYTE *out, ULONG *size)
{
    BYTE block[2 * BLOCK];
    ULONG code;
    int made = 0;
    if (!mac->mac.padded && mac->mac.held != 0) return SAR_INDATALENERR;
    if (only_length(out, size, BLOCK, &code)) return code;
    if (EVP_EncryptFinal_ex(mac->mac.context, block, &made) != 1) return SAR_FAIL;
    memcpy(out, made == 0 ? mac->mac.last : block, BLOCK);
    EVP_CIPHER_CTX_free(mac->mac.context);
    mac->mac.context = NULL;
    return SAR_OK;
}

ULONG SKF_Mac(HANDLE hMac, BYTE *pbData, ULONG ulDataLen, BYTE *pbMacData, ULONG *pulMacLen)
{
    BEGIN(hMac, "len=%u", ulDataLen);
    ULONG code;
    REACH(mac, hMac, MAC);
    REFUSE_IF(mac->mac.context == NULL, SAR_NOTINITIALIZEERR);
    REFUSE_IF(only_length(pbMacData, pulMacLen, BLOCK, &code), code);
    code = update_mac(mac, pbData, ulDataLen);
    return end_call(code == SAR_OK ? finish_mac(mac, pbMacData, pulMacLen) : code);
}

ULONG SKF_MacUpdate(HANDLE hMac, BYTE *pbData, ULONG ulDataLen)
{
    BEGIN(hMac, "len=%u", ulDataLen);
    REACH(mac, hMac, MAC);
    REFUSE_IF(mac->mac.context == NULL, SAR_NOTINITIALIZEERR);
    return end_call(update_mac(mac, pbData, ulDataLen));
}

ULONG SKF_MacFinal(HANDLE hMac, BYTE *pbMacData, ULONG *pulMacDataLen)
{
    BEGIN(hMac, "");
    REACH(mac, hMac, MAC);
    REFUSE_IF(mac->mac.context == NULL, SAR_NOTINITIALIZEERR);
    return end_call(finish_mac(mac, pbMacData, pulMacDataLen));
}
