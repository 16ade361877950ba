/** Insertion and removal 设备插拔事件: GM/T 0016-2012, clause 7.1, WaitForDevEvent and CancelWaitForDevEvent. */
#include "device-state.h"
#include <stdio.h>
#include <string.h>

#define EVENT_POLL_MS 20

/** The devices as the last event left them: what has changed since is the next one, even between two waits. */
static struct {
    int count;
    struct {
        char name[NAME_LEN];
        struct insertion insertion;
    } device[MAX_NAMES];
} seen;

void watch_from_now(void)
{
    struct names names;
    list_devices(true, &names);
    seen.count = 0;
    for (int at = 0; at < names.count; at++) {
        if (!read_insertion(names.name[at], &seen.device[seen.count].insertion)) continue;
        memcpy(seen.device[seen.count++].name, names.name[at], NAME_LEN);
    }
}

/** The next difference: 0 for none, else the event; a key that was changed for another insertion of itself is removed first. */
static ULONG next_event(char name[NAME_LEN], struct insertion *insertion)
{
    for (int at = 0; at < seen.count; at++) {
        memcpy(name, seen.device[at].name, NAME_LEN);
        if (!read_insertion(name, insertion) || !same_insertion(insertion, &seen.device[at].insertion)) {
            return DEV_EVENT_REMOVED;
        }
    }
    struct names names;
    list_devices(true, &names);
    for (int each = 0; each < names.count; each++) {
        int at = 0;
        while (at < seen.count && strcmp(seen.device[at].name, names.name[each]) != 0) at++;
        memcpy(name, names.name[each], NAME_LEN);
        if (at == seen.count && read_insertion(name, insertion)) return DEV_EVENT_INSERTED;
    }
    return 0;
}

static void take_event(ULONG event, const char *name, const struct insertion *insertion)
{
    int at = 0;
    if (event == DEV_EVENT_INSERTED) {
        if (seen.count == MAX_NAMES) return;
        snprintf(seen.device[seen.count].name, NAME_LEN, "%s", name);
        seen.device[seen.count++].insertion = *insertion;
        return;
    }
    while (at < seen.count && strcmp(seen.device[at].name, name) != 0) at++;
    if (at < seen.count) seen.device[at] = seen.device[--seen.count];
}

ULONG SKF_WaitForDevEvent(LPSTR szDevName, ULONG *pulDevNameLen, ULONG *pulEvent)
{
    BEGIN(NULL, "");
    REFUSE_IF(settings()->wait == WAIT_MISSING, SAR_NOTSUPPORTYETERR);
    REFUSE_IF(pulDevNameLen == NULL || pulEvent == NULL, SAR_INVALIDPARAMERR);
    unsigned long before = cancellations();
    for (;;) {
        char name[NAME_LEN];
        struct insertion insertion;
        REFUSE_IF(cancellations() != before, SAR_NOT_EVENTERR);
        ULONG event = next_event(name, &insertion);
        if (event != 0) {
            // One that finds no room stays the next one.
            ULONG code = give_bytes(name, strlen(name) + 1, szDevName, pulDevNameLen);
            REFUSE_IF(code != SAR_OK || szDevName == NULL, code);
            take_event(event, name, &insertion);
            *pulEvent = event;
            add_fact("name=%s event=%u", name, event);
            return end_call(SAR_OK);
        }
        REFUSE_IF(settings()->wait == WAIT_IMMEDIATE, SAR_NOT_EVENTERR);
        pause_call(EVENT_POLL_MS);
    }
}

/** The waits of this process return at once; without any it does nothing. */
ULONG SKF_CancelWaitForDevEvent(void)
{
    BEGIN(NULL, "");
    cancel_pauses();
    return end_call(SAR_OK);
}
