/**
 * What every function does first and last: one call at a time in this process, counted, with the fault that the configuration
 * has for it, and one line in the transcript.
 */
#ifndef CALL_H
#define CALL_H

#include "handles.h"
#include "settings.h"

/**
 * Begins a call on a handle (NULL where the function has none). The facts are words and their values for the transcript: `%s` takes
 * a text, `%u` a ULONG. Never a PIN, never a byte of a key. Another answer than SAR_OK is to be given back at once, by end_call.
 */
ULONG begin_call(const char *function, HANDLE handle, const char *facts, ...);
/** What is known only afterwards. */
void add_fact(const char *facts, ...);
/** Lets go of the device and of the process, writes the line and gives back the code. */
ULONG end_call(ULONG code);
/** Waits within a call, for others to go on: at most so long, or until CancelWaitForDevEvent. */
void pause_call(unsigned ms);
/** How often waits were cancelled; the second counts one more and ends the pauses. */
unsigned long cancellations(void);
void cancel_pauses(void);

#define BEGIN(...)                                         \
    do {                                                   \
        ULONG refused = begin_call(__func__, __VA_ARGS__); \
        if (refused != SAR_OK) return end_call(refused);   \
    } while (0)

/** The object of a handle, with its device there, reached and kept until the call's end; else the call ends with the code. */
#define REACH(found, handle, kind)                          \
    struct object *found;                                   \
    do {                                                    \
        ULONG refused = reach_object(handle, kind, &found); \
        if (refused != SAR_OK) return end_call(refused);    \
    } while (0)

#define REFUSE_IF(condition, code)              \
    do {                                        \
        if (condition) return end_call(code);   \
    } while (0)

/** Clause 7: a NULL buffer asks for the length; one too small learns it with SAR_BUFFER_TOO_SMALL. True where nothing is to be done. */
bool only_length(const void *buffer, ULONG *size, size_t needed, ULONG *code);
/** Gives bytes by that rule. */
ULONG give_bytes(const void *bytes, size_t len, void *buffer, ULONG *size);

#endif
