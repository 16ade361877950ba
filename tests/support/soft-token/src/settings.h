/**
 * What one copy of the library is told: `<its own path without .so>.conf`, read again whenever that file changes. No variable of
 * the environment is asked, because the programs under test strip theirs. README.md lists the keys.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "disk.h"
#include "skf.h"

#define MAX_FAULTS 40
#define EVERY_CALL 0

enum fault_kind { FAULT_NONE, FAULT_HANG, FAULT_CRASH, FAULT_CODE, FAULT_REMOVE, FAULT_SLOW, FAULT_PRINT };

/** On the n-th call of a function, or of any (`*`), this happens. */
struct fault {
    char function[NAME_LEN];
    unsigned long call;
    enum fault_kind kind;
    unsigned long argument;
};

struct settings {
    char state[PATH_MAX];
    char transcript[PATH_MAX];
    unsigned long tries;
    ULONG wrong_pin;
    char decrypt; // 'A' to 'D', 0 for none
    ULONG sm2_signing_id;
    ULONG sm2_capabilities;
    bool signs_message;
    bool shifted_container_type;
    enum { STATE_STANDARD, STATE_LOCKED, STATE_UNKNOWN } device_state;
    ULONG challenge_len;
    bool gbk;
    ULONG enveloped_len;
    bool raw_session_key;
    enum { WAIT_BLOCKS, WAIT_MISSING, WAIT_IMMEDIATE } wait;
    bool passes_locks;
    int fault_count;
    struct fault fault[MAX_FAULTS];
};

/** Today's; to be called inside a call only (see call.h). */
const struct settings *settings(void);

#endif
