/**
 * What a device is and keeps: whether it is plugged in, who has it locked, who is logged in. All of it is on disk, because it belongs
 * to the device and not to a process: a login that a crashed program left behind is there for the next one (clause 7.2: only
 * ClearSecureState or pulling the key ends it).
 */
#ifndef DEVICE_STATE_H
#define DEVICE_STATE_H

#include "call.h"

/** The path of something below an object's folder. */
bool object_path(const struct object *object, char path[PATH_MAX], const char *leaf);
/** Whether a device of that name is plugged in, and which insertion it is. */
bool read_insertion(const char *device, struct insertion *insertion);
bool same_insertion(const struct insertion *a, const struct insertion *b);
/** An open file of the device's `inserted`; -1 where it is pulled. What locks it is gone with it. */
int open_inserted(const char *device);
/** Pulls this key; all of them where no name is given. */
void pull_key(const char *device);
/** Names of the devices: those plugged in, or all the library knows. */
void list_devices(bool present, struct names *names);

/** For REACH: finds the object, waits while another process has the device locked, and keeps others from changing its state. */
ULONG reach_object(HANDLE handle, enum kind kind, struct object **object);
void release_device(void);

/** Permissions: `who` is "user" or "admin" of an application, or "device". */
bool has_permission(struct object *object, const char *who);
bool set_permission(struct object *object, const char *who, bool given);

/** From here on events are seen (device-events.c). */
void watch_from_now(void);

/** A name that can be one on disk, of at most so many bytes. */
bool valid_name(const char *name, size_t max);
/** Names as clause 7 lists them: each with its NUL, and one more at the end. */
ULONG give_names(const struct names *names, LPSTR list, ULONG *size);

#endif
