/**
 * What is not in GM/T 0016-2012 but in libraries of the field: a decryption that gives the bytes out, under two names and in two
 * shapes each, and older names of standard functions. Only the builds `vendor` and `foreign` export them (see the .map files).
 */
#include "container.h"
#include "sm2.h"
#include <openssl/crypto.h>
#include <stdint.h>
#include <string.h>

ULONG SKF_ECCDecrypt(HCONTAINER hContainer, uintptr_t second, uintptr_t third, uintptr_t fourth, uintptr_t fifth);
ULONG SKF_PrvKeyDecrypt(HCONTAINER hContainer, uintptr_t second, uintptr_t third, uintptr_t fourth, uintptr_t fifth);
ULONG SKF_DestroyKey(HANDLE hKey);
ULONG SKF_CloseHash(HANDLE hHash);
ULONG SKF_CloseMac(HANDLE hMac);
ULONG SKF_DisconnectDev(DEVHANDLE hDev);
ULONG SKF_MACInit(HANDLE hKey, BLOCKCIPHERPARAM *pMacParam, HANDLE *phMac);
ULONG SKF_MAC(HANDLE hMac, BYTE *pbData, ULONG ulDataLen, BYTE *pbMacData, ULONG *pulMacLen);
ULONG SKF_MACUpdate(HANDLE hMac, BYTE *pbData, ULONG ulDataLen);
ULONG SKF_MACFinal(HANDLE hMac, BYTE *pbMacData, ULONG *pulMacDataLen);

static ULONG decrypt_blob(HCONTAINER handle, const ECCCIPHERBLOB *blob, BYTE *out, ULONG *size)
{
    BYTE key[32], plain[SM2_CIPHER_MAX];
    struct sm2_ciphertext parts;
    struct object *container;
    ULONG code = reach_object(handle, CONTAINER, &container);
    if (code != SAR_OK) return code;
    if (blob == NULL) return SAR_INVALIDPARAMERR;
    if (!has_permission(container, "user")) return SAR_USER_NOT_LOGGED_IN;
    // No length comes with this call: the blob's own one is believed, as far as a blob may be long.
    if (!sm2_parse_cipher(blob, offsetof(ECCCIPHERBLOB, Cipher) + SM2_CIPHER_MAX, &parts)) return SAR_INDATALENERR;
    if (only_length(out, size, parts.len, &code)) return code;
    if (!load_key(container, false, key)) return SAR_KEYNOTFOUNDERR;
    long len = sm2_decrypt(key, &parts, plain);
    if (len >= 0) memcpy(out, plain, (size_t)len);
    if (len >= 0) *size = (ULONG)len;
    OPENSSL_cleanse(key, sizeof key);
    OPENSSL_cleanse(plain, sizeof plain);
    return len < 0 ? SAR_INDATAERR : SAR_OK;
}

/**
 * The same symbol has several signatures in the field, and a library has one of them; this one takes whichever `decrypt` says, out of the
 * same registers. Without a number, (container, blob, out, length); with one, (container, number, blob, out, length).
 */
static ULONG decrypt_as(char plain_form, char numbered_form, HCONTAINER handle, const uintptr_t argument[4])
{
    char form = settings()->decrypt;
    if (form != plain_form && form != numbered_form) return SAR_NOTSUPPORTYETERR;
    const uintptr_t *from = form == plain_form ? argument : argument + 1;
    return decrypt_blob(handle, (const ECCCIPHERBLOB *)from[0], (BYTE *)from[1], (ULONG *)from[2]);
}

ULONG SKF_ECCDecrypt(HCONTAINER hContainer, uintptr_t second, uintptr_t third, uintptr_t fourth, uintptr_t fifth)
{
    BEGIN(hContainer, "");
    return end_call(decrypt_as('A', 'B', hContainer, (uintptr_t[]){ second, third, fourth, fifth }));
}

ULONG SKF_PrvKeyDecrypt(HCONTAINER hContainer, uintptr_t second, uintptr_t third, uintptr_t fourth, uintptr_t fifth)
{
    BEGIN(hContainer, "");
    return end_call(decrypt_as('C', 'D', hContainer, (uintptr_t[]){ second, third, fourth, fifth }));
}

/** Three names where 2012 has CloseHandle. */
ULONG SKF_DestroyKey(HANDLE hKey)
{
    return SKF_CloseHandle(hKey);
}

ULONG SKF_CloseHash(HANDLE hHash)
{
    return SKF_CloseHandle(hHash);
}

ULONG SKF_CloseMac(HANDLE hMac)
{
    return SKF_CloseHandle(hMac);
}

ULONG SKF_DisconnectDev(DEVHANDLE hDev)
{
    return SKF_DisConnectDev(hDev);
}

ULONG SKF_MACInit(HANDLE hKey, BLOCKCIPHERPARAM *pMacParam, HANDLE *phMac)
{
    return SKF_MacInit(hKey, pMacParam, phMac);
}

ULONG SKF_MAC(HANDLE hMac, BYTE *pbData, ULONG ulDataLen, BYTE *pbMacData, ULONG *pulMacLen)
{
    return SKF_Mac(hMac, pbData, ulDataLen, pbMacData, pulMacLen);
}

ULONG SKF_MACUpdate(HANDLE hMac, BYTE *pbData, ULONG ulDataLen)
{
    return SKF_MacUpdate(hMac, pbData, ulDataLen);
}

ULONG SKF_MACFinal(HANDLE hMac, BYTE *pbMacData, ULONG *pulMacDataLen)
{
    return SKF_MacFinal(hMac, pbMacData, pulMacDataLen);
}
