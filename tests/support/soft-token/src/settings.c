/** Reads the library's own `.conf`. See settings.h; the keys are explained in README.md. */
#define _GNU_SOURCE
#include "settings.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct settings current;

/** `Function:n:kind[:argument]`; the function with or without SKF_. */
static bool parse_fault(const char *line, struct fault *fault)
{
    static const char *const kinds[] = { "none", "hang", "crash", "code", "remove", "slow", "print" };
    char text[VALUE_LEN];
    snprintf(text, sizeof text, "%s", line);
    char *rest = text;
    const char *function = strsep(&rest, ":");
    const char *call = strsep(&rest, ":");
    const char *kind = strsep(&rest, ":");
    if (call == NULL || kind == NULL) return false;
    if (strncmp(function, "SKF_", 4) == 0) function += 4;
    snprintf(fault->function, sizeof fault->function, "%s", function);
    fault->call = strcmp(call, "*") == 0 ? EVERY_CALL : strtoul(call, NULL, 10);
    fault->kind = FAULT_NONE;
    for (int at = FAULT_HANG; at <= FAULT_PRINT; at++) {
        if (strcmp(kind, kinds[at]) == 0) fault->kind = (enum fault_kind)at;
    }
    fault->argument = rest == NULL ? 0 : strtoul(rest, NULL, fault->kind == FAULT_CODE ? 16 : 10);
    return fault->kind != FAULT_NONE;
}

/** A path of the configuration: absolute, or from the library's folder. */
static void take_path(char path[PATH_MAX], const char *folder, const char *value)
{
    if (value[0] == 0) path[0] = 0;
    else if (value[0] == '/') join_path(path, "%s", value);
    else join_path(path, "%s/%s", folder, value);
}

static bool says(const struct pairs *pairs, const char *key, const char *value)
{
    return strcmp(value_of(pairs, key, ""), value) == 0;
}

static void take(const struct pairs *pairs, const char *folder)
{
    memset(&current, 0, sizeof current);
    take_path(current.state, folder, value_of(pairs, "state", "state"));
    take_path(current.transcript, folder, value_of(pairs, "transcript", ""));
    current.tries = number_of(pairs, "tries", 6);
    current.wrong_pin = (ULONG)number_of(pairs, "wrong-pin-code", SAR_PIN_INCORRECT);
    const char *decrypt = value_of(pairs, "decrypt", "none");
    current.decrypt = strlen(decrypt) == 1 ? decrypt[0] : 0;
    // SM2_1 is the signing algorithm; the capability is the union of the three ids (one, for the kit that knows one).
    current.sm2_signing_id = SGD_SM2_1;
    current.sm2_capabilities = SGD_SM2_1 | SGD_SM2_2 | SGD_SM2_3;
    if (says(pairs, "algorithms", "0006")) {
        current.sm2_signing_id = 0x00020200;
        current.sm2_capabilities = 0x00020E00;
    } else if (says(pairs, "algorithms", "0300")) {
        current.sm2_signing_id = current.sm2_capabilities = 0x00020300;
    }
    current.signs_message = says(pairs, "sign", "message");
    current.shifted_container_type = says(pairs, "container-type", "shifted");
    if (says(pairs, "device-state", "locked")) current.device_state = STATE_LOCKED;
    if (says(pairs, "device-state", "unknown")) current.device_state = STATE_UNKNOWN;
    current.challenge_len = (ULONG)number_of(pairs, "devauth", 8);
    current.gbk = says(pairs, "strings", "gbk");
    current.enveloped_len = (ULONG)number_of(pairs, "enveloped-plain", 64);
    current.raw_session_key = says(pairs, "import-session", "raw");
    if (says(pairs, "wait", "missing")) current.wait = WAIT_MISSING;
    if (says(pairs, "wait", "immediate")) current.wait = WAIT_IMMEDIATE;
    current.passes_locks = says(pairs, "while-locked", "pass");
    for (int at = 0; at < pairs->count && current.fault_count < MAX_FAULTS; at++) {
        if (strcmp(pairs->pair[at].key, "fault") != 0) continue;
        if (parse_fault(pairs->pair[at].value, &current.fault[current.fault_count])) current.fault_count++;
    }
}

const struct settings *settings(void)
{
    static struct pairs pairs;
    static struct stat read_one;
    Dl_info self;
    char path[PATH_MAX], folder[PATH_MAX];
    struct stat now;
    if (dladdr((const void *)&settings, &self) == 0 || !join_path(folder, "%s", self.dli_fname)) return &current;
    char *end = strrchr(folder, '.');
    if (end != NULL) *end = 0;
    if (!join_path(path, "%s.conf", folder)) return &current;
    char *name = strrchr(folder, '/');
    if (name == NULL) strcpy(folder, ".");
    else *name = 0;
    if (stat(path, &now) != 0) memset(&now, 0, sizeof now);
    if (current.state[0] != 0 && now.st_ino == read_one.st_ino && now.st_size == read_one.st_size &&
        now.st_mtim.tv_sec == read_one.st_mtim.tv_sec && now.st_mtim.tv_nsec == read_one.st_mtim.tv_nsec) {
        return &current;
    }
    load_pairs(path, &pairs);
    take(&pairs, folder);
    read_one = now;
    return &current;
}
