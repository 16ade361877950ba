/** Devices 设备管理: GM/T 0016-2012, clause 7.1, without its events (device-events.c). */
#define _GNU_SOURCE
#include "device-state.h"
#include <iconv.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define LOCK_POLL_MS 3
#define FOR_EVER 0xFFFFFFFFu

ULONG SKF_EnumDev(BOOL bPresent, LPSTR szNameList, ULONG *pulSize)
{
    BEGIN(NULL, "present=%u list=%s", (ULONG)((int)bPresent != 0), szNameList == NULL ? "null" : "given");
    struct names names;
    list_devices((int)bPresent != 0, &names);
    return end_call(give_names(&names, szNameList, pulSize));
}

ULONG SKF_ConnectDev(LPSTR szName, DEVHANDLE *phDev)
{
    BEGIN(NULL, "name=%s", szName);
    char path[PATH_MAX];
    struct insertion insertion;
    REFUSE_IF(phDev == NULL || !valid_name(szName, NAME_LEN - 1), SAR_INVALIDPARAMERR);
    REFUSE_IF(!join_path(path, "%s/%s", settings()->state, szName) || !folder_exists(path), SAR_INVALIDPARAMERR);
    REFUSE_IF(!read_insertion(szName, &insertion), SAR_DEVICE_REMOVED);
    struct object *device = add_object(DEVICE, NULL, szName);
    REFUSE_IF(device == NULL, SAR_MEMORYERR);
    device->device.insertion = insertion;
    *phDev = handle_of(device);
    return end_call(SAR_OK);
}

/** Unlocks, and leaves the permissions as they are: who is to be logged out calls ClearSecureState. */
ULONG SKF_DisConnectDev(DEVHANDLE hDev)
{
    BEGIN(hDev, "");
    struct object *device;
    ULONG code = reach_object(hDev, DEVICE, &device);
    if (code == SAR_OK || code == SAR_DEVICE_REMOVED) drop_object(device);
    return end_call(code);
}

/** Whether a LockDev of anybody has it. */
static bool is_locked(const char *device)
{
    int file = open_inserted(device);
    bool locked = file >= 0 && flock(file, LOCK_SH | LOCK_NB) != 0;
    if (file >= 0) close(file);
    return locked;
}

ULONG SKF_GetDevState(LPSTR szDevName, ULONG *pulDevState)
{
    BEGIN(NULL, "name=%s", szDevName);
    struct insertion insertion;
    REFUSE_IF(pulDevState == NULL || !valid_name(szDevName, NAME_LEN - 1), SAR_INVALIDPARAMERR);
    ULONG state = read_insertion(szDevName, &insertion) ? DEV_PRESENT_STATE : DEV_ABSENT_STATE;
    if (settings()->device_state == STATE_UNKNOWN) state = DEV_UNKNOWN_STATE;
    // One vendor's tool reads 2 as "locked", where the standard has "unknown".
    if (settings()->device_state == STATE_LOCKED && is_locked(szDevName)) state = DEV_UNKNOWN_STATE;
    *pulDevState = state;
    add_fact("state=%u", state);
    return end_call(SAR_OK);
}

static void load_facts(const struct object *device, char path[PATH_MAX], struct pairs *facts)
{
    facts->count = 0;
    if (object_path(device, path, "device.txt")) load_pairs(path, facts);
}

/**
 * A fact as a text with its NUL in an array of that size: the bytes of `hex:…` as they are, else in the encoding of this library. The
 * standard says UTF-8 for names and ASCII here; the field has GBK too.
 */
static void put_text(const struct pairs *facts, const char *key, const char *otherwise, CHAR *field, size_t room)
{
    const char *value = value_of(facts, key, otherwise);
    if (strncmp(value, "hex:", 4) == 0) {
        from_hex(value + 4, (unsigned char *)field, room - 1);
        return;
    }
    iconv_t to_gbk = settings()->gbk ? iconv_open("GBK", "UTF-8") : (iconv_t)-1;
    char *in = (char *)value, *out = field;
    size_t in_left = strlen(value), out_left = room - 1;
    if (to_gbk == (iconv_t)-1) memcpy(field, value, in_left < out_left ? in_left : out_left);
    else {
        iconv(to_gbk, &in, &in_left, &out, &out_left);
        iconv_close(to_gbk);
    }
}

ULONG SKF_GetDevInfo(DEVHANDLE hDev, DEVINFO *pDevInfo)
{
    BEGIN(hDev, "");
    REFUSE_IF(pDevInfo == NULL, SAR_INVALIDPARAMERR);
    REACH(device, hDev, DEVICE);
    static struct pairs facts;
    char path[PATH_MAX];
    load_facts(device, path, &facts);
    DEVINFO info;
    memset(&info, 0, sizeof info); // gaps too: all of the caller's structure is written
    info.Version = (VERSION){ 1, 0 };
    put_text(&facts, "manufacturer", "CertBridge", info.Manufacturer, sizeof info.Manufacturer);
    put_text(&facts, "issuer", "CertBridge", info.Issuer, sizeof info.Issuer);
    put_text(&facts, "label", device->name, info.Label, sizeof info.Label);
    put_text(&facts, "serial", "0000000000000001", info.SerialNumber, sizeof info.SerialNumber);
    info.HWVersion = (VERSION){ 1, 0 };
    info.FirmwareVersion = (VERSION){ 1, 0 };
    info.AlgSymCap = SGD_SM4_ECB | SGD_SM4_CBC | SGD_SM4_MAC;
    info.AlgAsymCap = settings()->sm2_capabilities;
    info.AlgHashCap = SGD_SM3 | SGD_SHA1 | SGD_SHA256;
    info.DevAuthAlgId = SGD_SM4_ECB;
    info.TotalSpace = 65536;
    info.FreeSpace = 32768;
    info.MaxECCBufferSize = 1024;
    info.MaxBufferSize = 65536;
    memcpy(pDevInfo, &info, sizeof info);
    return end_call(SAR_OK);
}

ULONG SKF_SetLabel(DEVHANDLE hDev, LPSTR szLabel)
{
    BEGIN(hDev, "label=%s", szLabel);
    REFUSE_IF(szLabel == NULL, SAR_INVALIDPARAMERR);
    REFUSE_IF(strnlen(szLabel, 32) > 31, SAR_NAMELENERR); // DEVINFO has 32 bytes with the NUL
    REACH(device, hDev, DEVICE);
    static struct pairs facts;
    char path[PATH_MAX], digits[2 * 32 + 1];
    load_facts(device, path, &facts);
    to_hex((const unsigned char *)szLabel, strlen(szLabel), digits);
    set_value(&facts, "label", "hex:%s", digits);
    return end_call(save_pairs(path, &facts) ? SAR_OK : SAR_FAIL);
}

static long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/** Of this process alone until UnlockDev, DisConnectDev, the key's removal or the process's end. */
ULONG SKF_LockDev(DEVHANDLE hDev, ULONG ulTimeOut)
{
    BEGIN(hDev, "timeout=%u", ulTimeOut);
    long long end = now_ms() + (long long)(uint32_t)ulTimeOut;
    for (;;) {
        struct object *device = find_object(hDev, DEVICE); // anew each time: others had their turn
        struct insertion now;
        REFUSE_IF(device == NULL, SAR_INVALIDHANDLEERR);
        REFUSE_IF(!read_insertion(device->name, &now) || !same_insertion(&now, &device->device.insertion),
                  SAR_DEVICE_REMOVED);
        REFUSE_IF(device->device.lock >= 0, SAR_OK);
        int file = open_inserted(device->name);
        if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0) {
            device->device.lock = file;
            return end_call(SAR_OK);
        }
        if (file >= 0) close(file);
        REFUSE_IF((uint32_t)ulTimeOut != FOR_EVER && now_ms() >= end, SAR_TIMEOUTERR);
        pause_call(LOCK_POLL_MS);
    }
}

ULONG SKF_UnlockDev(DEVHANDLE hDev)
{
    BEGIN(hDev, "");
    REACH(device, hDev, DEVICE);
    REFUSE_IF(device->device.lock < 0, SAR_FAIL);
    close(device->device.lock);
    device->device.lock = -1;
    return end_call(SAR_OK);
}

/** For a vendor's own tests, says the standard; this device has no commands. */
ULONG SKF_Transmit(DEVHANDLE hDev, BYTE *pbCommand, ULONG ulCommandLen, BYTE *pbData, ULONG *pulDataLen)
{
    (void)pbCommand, (void)pbData, (void)pulDataLen;
    BEGIN(hDev, "len=%u", ulCommandLen);
    REACH(device, hDev, DEVICE);
    return end_call(SAR_NOTSUPPORTYETERR);
}
