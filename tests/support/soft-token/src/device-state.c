/** Insertion, locks and logins of a device. See device-state.h. */
#define _GNU_SOURCE
#include "device-state.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_POLL_MS 3

/** What the call in hand keeps: the device's `inserted`, shared, against LockDev; its folder, against other calls. */
static int held_lock = -1, held_folder = -1;

bool object_path(const struct object *object, char path[PATH_MAX], const char *leaf)
{
    char above[PATH_MAX];
    if (object->kind == DEVICE) return join_path(path, "%s/%s/%s", settings()->state, object->name, leaf);
    return object_path(object->parent, above, object->kind == APPLICATION ? "applications" : "containers") &&
           join_path(path, "%s/%s/%s", above, object->name, leaf);
}

int open_inserted(const char *device)
{
    char path[PATH_MAX];
    return join_path(path, "%s/%s/inserted", settings()->state, device) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
}

bool read_insertion(const char *device, struct insertion *insertion)
{
    char path[PATH_MAX];
    struct stat facts;
    if (!join_path(path, "%s/%s/inserted", settings()->state, device) || stat(path, &facts) != 0) return false;
    *insertion = (struct insertion){ .file = facts.st_ino, .at = facts.st_mtim };
    return true;
}

bool same_insertion(const struct insertion *a, const struct insertion *b)
{
    return a->file == b->file && a->at.tv_sec == b->at.tv_sec && a->at.tv_nsec == b->at.tv_nsec;
}

void list_devices(bool present, struct names *names)
{
    struct insertion insertion;
    struct names all;
    list_folders(settings()->state, &all);
    names->count = 0;
    for (int at = 0; at < all.count; at++) {
        if (present && !read_insertion(all.name[at], &insertion)) continue;
        memcpy(names->name[names->count++], all.name[at], NAME_LEN);
    }
}

void pull_key(const char *device)
{
    struct names names;
    list_devices(true, &names);
    for (int at = 0; at < names.count; at++) {
        char path[PATH_MAX];
        if (device != NULL && strcmp(device, names.name[at]) != 0) continue;
        if (join_path(path, "%s/%s/inserted", settings()->state, names.name[at])) unlink(path);
    }
}

static bool still_there(const struct object *device)
{
    struct insertion now;
    return read_insertion(device->name, &now) && same_insertion(&now, &device->device.insertion);
}

ULONG reach_object(HANDLE handle, enum kind kind, struct object **object)
{
    for (;;) {
        *object = find_object(handle, kind);
        if (*object == NULL) return SAR_INVALIDHANDLEERR;
        struct object *device = device_of(*object);
        if (!still_there(device)) return SAR_DEVICE_REMOVED;
        if (settings()->passes_locks || process_holds_lock(device->name)) break;
        held_lock = open_inserted(device->name);
        if (held_lock >= 0 && flock(held_lock, LOCK_SH | LOCK_NB) == 0) break;
        release_device();
        pause_call(LOCK_POLL_MS); // another process has it: wait, and look again whether anything is still as it was
    }
    char path[PATH_MAX];
    if (!object_path(device_of(*object), path, "")) return SAR_FAIL;
    held_folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (held_folder >= 0 && flock(held_folder, LOCK_EX) != 0 && errno == EINTR) continue;
    return still_there(device_of(*object)) ? SAR_OK : SAR_DEVICE_REMOVED;
}

void release_device(void)
{
    if (held_folder >= 0) close(held_folder);
    if (held_lock >= 0) close(held_lock);
    held_folder = held_lock = -1;
}

/** The permissions of this insertion; those of an earlier one are void. */
static void load_login(const struct object *device, char path[PATH_MAX], struct pairs *login)
{
    char insertion[VALUE_LEN];
    const struct insertion *now = &device->device.insertion;
    snprintf(insertion, sizeof insertion, "%lu:%ld.%09ld", (unsigned long)now->file, (long)now->at.tv_sec,
             now->at.tv_nsec);
    object_path(device, path, "login.txt");
    if (load_pairs(path, login) && strcmp(value_of(login, "insertion", ""), insertion) == 0) return;
    login->count = 0;
    set_value(login, "insertion", "%s", insertion);
}

static void name_permission(const struct object *object, const char *who, char key[NAME_LEN])
{
    char name[3 * NAME_LEN];
    one_word(object->name, name, sizeof name);
    if (strcmp(who, "device") == 0) strcpy(key, "device");
    else snprintf(key, NAME_LEN, "%s %.110s", who, name);
}

bool has_permission(struct object *object, const char *who)
{
    static struct pairs login;
    char path[PATH_MAX], key[NAME_LEN];
    while (object->kind != APPLICATION && object->kind != DEVICE) object = object->parent;
    load_login(device_of(object), path, &login);
    name_permission(object, who, key);
    return strcmp(value_of(&login, key, "no"), "yes") == 0;
}

bool set_permission(struct object *object, const char *who, bool given)
{
    static struct pairs login;
    char path[PATH_MAX], key[NAME_LEN];
    load_login(device_of(object), path, &login);
    name_permission(object, who, key);
    set_value(&login, key, "%s", given ? "yes" : "no");
    return save_pairs(path, &login);
}

bool valid_name(const char *name, size_t max)
{
    size_t len = name == NULL ? 0 : strnlen(name, max + 1);
    if (len == 0 || len > max || name[0] == '.') return false;
    for (size_t at = 0; at < len; at++) {
        if ((unsigned char)name[at] < ' ' || name[at] == '/') return false;
    }
    return true;
}

ULONG give_names(const struct names *names, LPSTR list, ULONG *size)
{
    char whole[MAX_NAMES * NAME_LEN + 2];
    size_t len = 0;
    for (int at = 0; at < names->count; at++) {
        size_t each = strlen(names->name[at]) + 1;
        memcpy(whole + len, names->name[at], each);
        len += each;
    }
    if (len == 0) whole[len++] = 0; // an empty list is two NULs as well: the end of no name, and of the list
    whole[len++] = 0;
    return give_bytes(whole, len, list, size);
}
