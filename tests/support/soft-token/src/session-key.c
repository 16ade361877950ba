/** Encryption and decryption with session keys 对称密码: GM/T 0016-2012, clause 7.6. */
#include "session-key.h"
#include "device-state.h"
#include <string.h>

#define BLOCK 16
/** Lengths are EVP's ints, and a key of plastic takes no more at once. */
#define DATA_MAX (1u << 20)

bool is_session_algorithm(ULONG algorithm)
{
    return algorithm == SGD_SM4_ECB || algorithm == SGD_SM4_CBC || algorithm == SGD_SM4_MAC;
}

ULONG give_session_key(struct object *owner, ULONG algorithm, const BYTE key[16], HANDLE *handle)
{
    struct object *session = add_object(SESSION_KEY, device_of(owner), "sm4");
    if (session == NULL) return SAR_MEMORYERR;
    session->session.algorithm = algorithm;
    memcpy(session->session.key, key, 16);
    *handle = handle_of(session);
    return SAR_OK;
}

static ULONG begin_cipher(struct object *session, struct cipher *cipher, bool encrypt, const BLOCKCIPHERPARAM *how)
{
    bool cbc = session->session.algorithm == SGD_SM4_CBC;
    if (session->session.algorithm == SGD_SM4_MAC) return SAR_KEYUSAGEERR;
    if (cbc && how->IVLen != BLOCK) return SAR_INVALIDPARAMERR;
    if (how->PaddingType != NO_PADDING && how->PaddingType != PKCS5_PADDING) return SAR_INVALIDPARAMERR;
    if (cipher->context == NULL) cipher->context = EVP_CIPHER_CTX_new();
    cipher->padded = how->PaddingType == PKCS5_PADDING;
    cipher->held = 0;
    bool begun = EVP_CipherInit_ex2(cipher->context, cbc ? EVP_sm4_cbc() : EVP_sm4_ecb(), session->session.key,
                                    cbc ? how->IV : NULL, encrypt, NULL) == 1 &&
                 EVP_CIPHER_CTX_set_padding(cipher->context, cipher->padded) == 1;
    return begun ? SAR_OK : SAR_FAIL;
}

/** How many bytes come out when so many more go in: a padded decryption keeps its last block until the end. */
static size_t out_of(const struct cipher *cipher, bool encrypt, size_t len)
{
    size_t all = cipher->held + len;
    bool keeps = !encrypt && cipher->padded && all > 0;
    return (keeps ? all - 1 : all) / BLOCK * BLOCK;
}

static ULONG update_cipher(struct cipher *cipher, bool encrypt, const BYTE *in, size_t len, BYTE *out, ULONG *size)
{
    ULONG code;
    int made = 0;
    if (in == NULL && len != 0) return SAR_INVALIDPARAMERR;
    if (len > DATA_MAX) return SAR_INDATALENERR;
    size_t needed = out_of(cipher, encrypt, len);
    if (only_length(out, size, needed, &code)) return code;
    if (EVP_CipherUpdate(cipher->context, out, &made, in, (int)len) != 1 || (size_t)made != needed) return SAR_FAIL;
    cipher->held += len - needed;
    return SAR_OK;
}

static ULONG finish_cipher(struct cipher *cipher, bool encrypt, BYTE *out, ULONG *size)
{
    BYTE block[2 * BLOCK];
    ULONG code;
    int made = 0;
    bool whole = encrypt ? cipher->padded || cipher->held == 0 : cipher->held == (cipher->padded ? BLOCK : 0);
    if (!whole) return SAR_INDATALENERR;
    if (only_length(out, size, cipher->padded ? BLOCK : 0, &code)) return code;
    if (EVP_CipherFinal_ex(cipher->context, block, &made) != 1) return SAR_DECRYPTPADERR;
    memcpy(out, block, (size_t)made);
    *size = (ULONG)made;
    EVP_CIPHER_CTX_free(cipher->context);
    cipher->context = NULL;
    return SAR_OK;
}

/** All at once, after Init alone. */
static ULONG run_cipher(struct cipher *cipher, bool encrypt, const BYTE *in, size_t len, BYTE *out, ULONG *size)
{
    ULONG code, first, last;
    bool padded = cipher->padded;
    if (in == NULL && len != 0) return SAR_INVALIDPARAMERR;
    if (len > DATA_MAX) return SAR_INDATALENERR;
    if ((!encrypt || !padded) && len % BLOCK != 0) return SAR_INDATALENERR;
    if (only_length(out, size, encrypt && padded ? (len / BLOCK + 1) * BLOCK : len, &code)) return code;
    first = *size;
    code = update_cipher(cipher, encrypt, in, len, out, &first);
    last = *size - first;
    if (code == SAR_OK) code = finish_cipher(cipher, encrypt, out + first, &last);
    *size = first + last;
    return code;
}

ULONG SKF_EncryptInit(HANDLE hKey, BLOCKCIPHERPARAM EncryptParam)
{
    BEGIN(hKey, "iv-len=%u padding=%u", EncryptParam.IVLen, EncryptParam.PaddingType);
    REACH(session, hKey, SESSION_KEY);
    return end_call(begin_cipher(session, &session->session.encryption, true, &EncryptParam));
}

ULONG SKF_DecryptInit(HANDLE hKey, BLOCKCIPHERPARAM DecryptParam)
{
    BEGIN(hKey, "iv-len=%u padding=%u", DecryptParam.IVLen, DecryptParam.PaddingType);
    REACH(session, hKey, SESSION_KEY);
    return end_call(begin_cipher(session, &session->session.decryption, false, &DecryptParam));
}

ULONG SKF_Encrypt(HANDLE hKey, BYTE *pbData, ULONG ulDataLen, BYTE *pbEncryptedData, ULONG *pulEncryptedLen)
{
    BEGIN(hKey, "len=%u", ulDataLen);
    REACH(session, hKey, SESSION_KEY);
    struct cipher *cipher = &session->session.encryption;
    REFUSE_IF(cipher->context == NULL, SAR_NOTINITIALIZEERR);
    return end_call(run_cipher(cipher, true, pbData, ulDataLen, pbEncryptedData, pulEncryptedLen));
}

ULONG SKF_EncryptUpdate(HANDLE hKey, BYTE *pbData, ULONG ulDataLen, BYTE *pbEncryptedData, ULONG *pulEncryptedLen)
{
    BEGIN(hKey, "len=%u", ulDataLen);
    REACH(session, hKey, SESSION_KEY);
    struct cipher *cipher = &session->session.encryption;
    REFUSE_IF(cipher->context == NULL, SAR_NOTINITIALIZEERR);
    return end_call(update_cipher(cipher, true, pbData, ulDataLen, pbEncryptedData, pulEncryptedLen));
}

ULONG SKF_EncryptFinal(HANDLE hKey, BYTE *pbEncryptedData, ULONG *pulEncryptedDataLen)
{
    BEGIN(hKey, "");
    REACH(session, hKey, SESSION_KEY);
    struct cipher *cipher = &session->session.encryption;
    REFUSE_IF(cipher->context == NULL, SAR_NOTINITIALIZEERR);
    return end_call(finish_cipher(cipher, true, pbEncryptedData, pulEncryptedDataLen));
}

ULONG SKF_Decrypt(HANDLE hKey, BYTE *pbEncryptedData, ULONG ulEncryptedLen, BYTE *pbData, ULONG *pulDataLen)
{
    BEGIN(hKey, "len=%u", ulEncryptedLen);
    REACH(session, hKey, SESSION_KEY);
    struct cipher *cipher = &session->session.decryption;
    REFUSE_IF(cipher->context == NULL, SAR_NOTINITIALIZEERR);
    return end_call(run_cipher(cipher, false, pbEncryptedData, ulEncryptedLen, pbData, pulDataLen));
}

ULONG SKF_DecryptUpdate(HANDLE hKey, BYTE *pbEncryptedData, ULONG ulEncryptedLen, BYTE *pbData, ULONG *pulDataLen)
{
    BEGIN(hKey, "len=%u", ulEncryptedLen);
    REACH(session, hKey, SESSION_KEY);
    struct cipher *cipher = &session->session.decryption;
    REFUSE_IF(cipher->context == NULL, SAR_NOTINITIALIZEERR);
    return end_call(update_cipher(cipher, false, pbEncryptedData, ulEncryptedLen, pbData, pulDataLen));
}

ULONG SKF_DecryptFinal(HANDLE hKey, BYTE *pbDecryptedData, ULONG *pulDecryptedDataLen)
{
    BEGIN(hKey, "");
    REACH(session, hKey, SESSION_KEY);
    struct cipher *cipher = &session->session.decryption;
    REFUSE_IF(cipher->context == NULL, SAR_NOTINITIALIZEERR);
    return end_call(finish_cipher(cipher, false, pbDecryptedData, pulDecryptedDataLen));
}

/** Session keys, digests and MACs. */
ULONG SKF_CloseHandle(HANDLE hHandle)
{
    BEGIN(hHandle, "");
    struct object *object = find_object(hHandle, ANY_OBJECT);
    REFUSE_IF(object == NULL || object->kind < SESSION_KEY, SAR_INVALIDHANDLEERR);
    ULONG code = reach_object(hHandle, ANY_OBJECT, &object);
    if (code == SAR_OK || code == SAR_DEVICE_REMOVED) drop_object(object);
    return end_call(code);
}
