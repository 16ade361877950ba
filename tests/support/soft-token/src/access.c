/** Access control 访问控制: GM/T 0016-2012, clause 7.2. */
#include "application.h"
#include "sm4.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

/** What a device is born with; `auth-key` in its device.txt says otherwise. */
#define FIRST_KEY "31323334353637383132333435363738"

static bool load_auth_key(const struct object *device, char path[PATH_MAX], struct pairs *facts, BYTE key[16])
{
    if (!object_path(device, path, "device.txt")) return false;
    load_pairs(path, facts);
    return from_hex(value_of(facts, "auth-key", FIRST_KEY), key, 16) == 16;
}

/**
 * The caller proves the device's key: 8 random bytes that GenRandom gave last, with zeros up to the block's length, encrypted under it.
 * One implementation of the field takes 16 random bytes.
 */
ULONG SKF_DevAuth(DEVHANDLE hDev, BYTE *pbAuthData, ULONG ulLen)
{
    BEGIN(hDev, "len=%u", ulLen);
    static struct pairs facts;
    char path[PATH_MAX];
    BYTE key[16], block[16] = { 0 }, expected[16];
    REFUSE_IF(pbAuthData == NULL, SAR_INVALIDPARAMERR);
    REACH(device, hDev, DEVICE);
    REFUSE_IF(ulLen != 16, SAR_INDATALENERR);
    ULONG len = device->device.challenge_len;
    device->device.challenge_len = 0; // good for one try
    REFUSE_IF(len != settings()->challenge_len || len > sizeof block, SAR_FAIL);
    memcpy(block, device->device.challenge, len);
    REFUSE_IF(!load_auth_key(device, path, &facts, key) || !sm4_ecb(key, true, block, 16, expected), SAR_FAIL);
    REFUSE_IF(CRYPTO_memcmp(expected, pbAuthData, 16) != 0, SAR_FAIL);
    return end_call(set_permission(device, "device", true) ? SAR_OK : SAR_FAIL);
}

ULONG SKF_ChangeDevAuthKey(DEVHANDLE hDev, BYTE *pbKeyValue, ULONG ulKeyLen)
{
    BEGIN(hDev, "len=%u", ulKeyLen);
    static struct pairs facts;
    char path[PATH_MAX], digits[33];
    BYTE key[16];
    REFUSE_IF(pbKeyValue == NULL, SAR_INVALIDPARAMERR);
    REACH(device, hDev, DEVICE);
    REFUSE_IF(ulKeyLen != 16, SAR_INDATALENERR);
    REFUSE_IF(!has_permission(device, "device"), SAR_USER_NOT_LOGGED_IN);
    REFUSE_IF(!load_auth_key(device, path, &facts, key), SAR_FAIL);
    to_hex(pbKeyValue, 16, digits);
    set_value(&facts, "auth-key", "%s", digits);
    return end_call(save_pairs(path, &facts) ? SAR_OK : SAR_FAIL);
}

static const char *key_of(const char *owner, const char *what, char key[NAME_LEN])
{
    snprintf(key, NAME_LEN, "%s-%s", owner, what);
    return key;
}

/**
 * Compares a PIN and keeps the count of tries: right, it is full again and its owner logged in; wrong, it is one less and the owner is
 * logged out. `left` may be NULL.
 */
static ULONG check_pin(struct object *application, const char *owner, const char *pin, struct pairs *record, ULONG *left)
{
    char key[NAME_LEN];
    if (!load_application(application, record)) return SAR_APPLICATION_NOT_EXISTS;
    unsigned long max = number_of(record, key_of(owner, "tries", key), settings()->tries);
    unsigned long remaining = number_of(record, key_of(owner, "tries-left", key), max);
    ULONG code = SAR_OK;
    size_t len = pin == NULL ? 0 : strnlen(pin, PIN_MAX + 1);
    if (pin == NULL) code = SAR_INVALIDPARAMERR;
    else if (remaining == 0) code = SAR_PIN_LOCKED;
    else if (len < PIN_MIN || len > PIN_MAX) code = SAR_PIN_LEN_RANGE; // no try is taken for what cannot be one
    else {
        bool right = strcmp(value_of(record, key_of(owner, "pin", key), ""), pin) == 0;
        remaining = right ? max : remaining - 1;
        if (!right) code = remaining == 0 ? SAR_PIN_LOCKED : settings()->wrong_pin;
        set_value(record, key_of(owner, "tries-left", key), "%lu", remaining);
        // The count is on disk before the answer is out: to kill the process saves no try.
        if (!save_application(application, record) || !set_permission(application, owner, right)) code = SAR_FAIL;
    }
    if (left != NULL) *left = (ULONG)remaining;
    add_fact("left=%u", (ULONG)remaining);
    return code;
}

static ULONG set_pin(const struct object *application, const char *owner, const char *pin, struct pairs *record)
{
    char key[NAME_LEN];
    unsigned long max = number_of(record, key_of(owner, "tries", key), settings()->tries);
    set_value(record, key_of(owner, "pin", key), "%s", pin);
    set_value(record, key_of(owner, "pin-default", key), "0");
    set_value(record, key_of(owner, "tries-left", key), "%lu", max);
    return save_application(application, record) ? SAR_OK : SAR_FAIL;
}

static bool pin_length_fits(const char *pin)
{
    size_t len = pin == NULL ? 0 : strnlen(pin, PIN_MAX + 1);
    return len >= PIN_MIN && len <= PIN_MAX && strchr(pin, '\n') == NULL;
}

ULONG SKF_VerifyPIN(HAPPLICATION hApplication, ULONG ulPINType, LPSTR szPIN, ULONG *pulRetryCount)
{
    BEGIN(hApplication, "type=%u", ulPINType);
    static struct pairs record;
    REACH(application, hApplication, APPLICATION);
    const char *owner = pin_owner(ulPINType);
    REFUSE_IF(owner == NULL, SAR_USER_TYPE_INVALID);
    return end_call(check_pin(application, owner, szPIN, &record, pulRetryCount));
}

ULONG SKF_ChangePIN(HAPPLICATION hApplication, ULONG ulPINType, LPSTR szOldPin, LPSTR szNewPin, ULONG *pulRetryCount)
{
    BEGIN(hApplication, "type=%u", ulPINType);
    static struct pairs record;
    REACH(application, hApplication, APPLICATION);
    const char *owner = pin_owner(ulPINType);
    REFUSE_IF(owner == NULL, SAR_USER_TYPE_INVALID);
    REFUSE_IF(szNewPin == NULL, SAR_INVALIDPARAMERR);
    REFUSE_IF(!pin_length_fits(szNewPin), SAR_PIN_LEN_RANGE);
    ULONG code = check_pin(application, owner, szOldPin, &record, pulRetryCount);
    return end_call(code == SAR_OK ? set_pin(application, owner, szNewPin, &record) : code);
}

ULONG SKF_UnblockPIN(HAPPLICATION hApplication, LPSTR szAdminPIN, LPSTR szNewUserPIN, ULONG *pulRetryCount)
{
    BEGIN(hApplication, "");
    static struct pairs record;
    REACH(application, hApplication, APPLICATION);
    REFUSE_IF(szNewUserPIN == NULL, SAR_INVALIDPARAMERR);
    REFUSE_IF(!pin_length_fits(szNewUserPIN), SAR_PIN_LEN_RANGE);
    ULONG code = check_pin(application, "admin", szAdminPIN, &record, pulRetryCount);
    return end_call(code == SAR_OK ? set_pin(application, "user", szNewUserPIN, &record) : code);
}

ULONG SKF_GetPINInfo(HAPPLICATION hApplication, ULONG ulPINType, ULONG *pulMaxRetryCount, ULONG *pulRemainRetryCount,
                     BOOL *pbDefaultPin)
{
    BEGIN(hApplication, "type=%u", ulPINType);
    static struct pairs record;
    char key[NAME_LEN];
    REACH(application, hApplication, APPLICATION);
    const char *owner = pin_owner(ulPINType);
    REFUSE_IF(owner == NULL, SAR_USER_TYPE_INVALID);
    REFUSE_IF(!load_application(application, &record), SAR_APPLICATION_NOT_EXISTS);
    unsigned long max = number_of(&record, key_of(owner, "tries", key), settings()->tries);
    unsigned long left = number_of(&record, key_of(owner, "tries-left", key), max);
    unsigned long first = number_of(&record, key_of(owner, "pin-default", key), 1);
    if (pulMaxRetryCount != NULL) *pulMaxRetryCount = (ULONG)max;
    if (pulRemainRetryCount != NULL) *pulRemainRetryCount = (ULONG)left;
    if (pbDefaultPin != NULL) *pbDefaultPin = first != 0 ? SKF_TRUE : SKF_FALSE;
    add_fact("left=%u", (ULONG)left);
    return end_call(SAR_OK);
}

ULONG SKF_ClearSecureState(HAPPLICATION hApplication)
{
    BEGIN(hApplication, "");
    REACH(application, hApplication, APPLICATION);
    bool cleared = set_permission(application, "user", false) && set_permission(application, "admin", false);
    return end_call(cleared ? SAR_OK : SAR_FAIL);
}
