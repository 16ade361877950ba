/**
 * Every handle the library has given out. What a caller hands in is looked up here and never followed: a wrong one is
 * SAR_INVALIDHANDLEERR, not a crash. A handle's number is not used again for another object until its slot has gone round.
 */
#ifndef HANDLES_H
#define HANDLES_H

#include "disk.h"
#include "skf.h"
#include <openssl/evp.h>
#include <sys/types.h>
#include <time.h>

enum kind { NO_OBJECT, DEVICE, APPLICATION, CONTAINER, SESSION_KEY, DIGEST, MAC, ANY_OBJECT };

/** Which insertion of a key this is: the file `inserted` of another one is another file. */
struct insertion {
    ino_t file;
    struct timespec at;
};

/** One direction of a session key: bytes given to it and not yet given back are counted, so that lengths are known before. */
struct cipher {
    EVP_CIPHER_CTX *context;
    bool padded;
    size_t held;
};

struct object {
    enum kind kind;
    unsigned generation;
    struct object *parent;
    char name[NAME_LEN];
    union {
        struct {
            struct insertion insertion;
            int lock; // file descriptor of LockDev's lock, -1 where none
            BYTE challenge[16];
            ULONG challenge_len;
        } device;
        struct {
            ULONG algorithm;
            BYTE key[16];
            struct cipher encryption, decryption;
        } session;
        struct {
            EVP_MD_CTX *context;
        } digest;
        struct {
            EVP_CIPHER_CTX *context;
            bool padded;
            size_t held;
            BYTE last[16];
        } mac;
    };
};

/** NULL where the table is full. */
struct object *add_object(enum kind kind, struct object *parent, const char *name);
HANDLE handle_of(const struct object *object);
/** The object of that kind (or any), NULL for what never was one or is none any more. */
struct object *find_object(HANDLE handle, enum kind kind);
struct object *device_of(struct object *object);
/** Ends it with everything below it. */
void drop_object(struct object *object);
/** Ends what stands for an application or a container that is deleted. */
void drop_named(enum kind kind, const struct object *parent, const char *name);
/** Whether a handle of this process has the device locked. */
bool process_holds_lock(const char *device);
/** `device=… application=… container=…` of a handle, for the transcript. */
void describe_object(HANDLE handle, char *text, size_t room);
/** A name as one word: blanks, controls, `=` and `%` as %XX. */
void one_word(const char *name, char *text, size_t room);

#endif
