/** The table of handles. See handles.h. */
#include "handles.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SLOTS 1024

static struct object table[SLOTS];

struct object *add_object(enum kind kind, struct object *parent, const char *name)
{
    static unsigned next;
    for (unsigned tried = 0; tried < SLOTS; tried++) {
        struct object *object = &table[next++ % SLOTS];
        if (object->kind != NO_OBJECT) continue;
        unsigned generation = object->generation + 1;
        memset(object, 0, sizeof *object);
        object->kind = kind;
        object->generation = generation;
        object->parent = parent;
        snprintf(object->name, sizeof object->name, "%s", name);
        if (kind == DEVICE) object->device.lock = -1;
        return object;
    }
    return NULL;
}

HANDLE handle_of(const struct object *object)
{
    return (HANDLE)((uintptr_t)object->generation << 16 | (uintptr_t)(object - table + 1) << 4);
}

struct object *find_object(HANDLE handle, enum kind kind)
{
    uintptr_t slot = ((uintptr_t)handle & 0xFFFF) >> 4;
    if (slot == 0 || slot > SLOTS) return NULL;
    struct object *object = &table[slot - 1];
    if (object->kind == NO_OBJECT || handle_of(object) != handle) return NULL;
    return kind == ANY_OBJECT || object->kind == kind ? object : NULL;
}

struct object *device_of(struct object *object)
{
    while (object->kind != DEVICE) object = object->parent;
    return object;
}

void drop_object(struct object *object)
{
    for (int at = 0; at < SLOTS; at++) {
        if (table[at].kind != NO_OBJECT && table[at].parent == object) drop_object(&table[at]);
    }
    if (object->kind == DEVICE && object->device.lock >= 0) close(object->device.lock);
    if (object->kind == SESSION_KEY) {
        EVP_CIPHER_CTX_free(object->session.encryption.context);
        EVP_CIPHER_CTX_free(object->session.decryption.context);
    }
    if (object->kind == DIGEST) EVP_MD_CTX_free(object->digest.context);
    if (object->kind == MAC) EVP_CIPHER_CTX_free(object->mac.context);
    unsigned generation = object->generation;
    OPENSSL_cleanse(object, sizeof *object);
    object->generation = generation;
}

void drop_named(enum kind kind, const struct object *parent, const char *name)
{
    for (int at = 0; at < SLOTS; at++) {
        struct object *object = &table[at];
        if (object->kind == kind && strcmp(object->name, name) == 0 && strcmp(object->parent->name, parent->name) == 0 &&
            strcmp(device_of(object)->name, device_of((struct object *)parent)->name) == 0) {
            drop_object(object);
        }
    }
}

bool process_holds_lock(const char *device)
{
    for (int at = 0; at < SLOTS; at++) {
        const struct object *object = &table[at];
        if (object->kind == DEVICE && object->device.lock >= 0 && strcmp(object->name, device) == 0) return true;
    }
    return false;
}

void one_word(const char *name, char *text, size_t room)
{
    size_t len = 0;
    for (const unsigned char *c = (const unsigned char *)name; *c != 0 && len + 4 < room; c++) {
        if (*c <= ' ' || *c == '%' || *c == '=' || *c == 127) len += (size_t)sprintf(text + len, "%%%02X", *c);
        else text[len++] = (char)*c;
    }
    text[len] = 0;
}

void describe_object(HANDLE handle, char *text, size_t room)
{
    static const char *const words[] = { "", "device", "application", "container", "session-key", "digest", "mac" };
    struct object *object = find_object(handle, ANY_OBJECT);
    if (object == NULL) {
        snprintf(text, room, " handle=invalid");
        return;
    }
    size_t len = 0;
    if (object->parent != NULL) {
        describe_object(handle_of(object->parent), text, room);
        len = strlen(text);
    }
    char name[3 * NAME_LEN];
    one_word(object->name, name, sizeof name);
    snprintf(text + len, room - len, " %s=%s", words[object->kind], name);
}
