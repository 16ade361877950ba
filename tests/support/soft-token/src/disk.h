/** What the token keeps, on disk: small texts of `key=value` lines, bytes, and folders that appear and vanish whole. */
#ifndef DISK_H
#define DISK_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define NAME_LEN 128
#define MAX_NAMES 64
#define MAX_PAIRS 48
#define VALUE_LEN 512

/** A path of these parts; false where it would be cut. */
bool join_path(char path[PATH_MAX], const char *format, ...) __attribute__((format(printf, 2, 3)));

/** All bytes of a file with a NUL behind them, to be freed; NULL where it cannot be read. */
char *read_bytes(const char *path, size_t *len);
/** Writes another file and renames it: who is killed in between leaves the old one. */
bool write_bytes(const char *path, const void *bytes, size_t len);

struct pairs {
    int count;
    struct {
        char key[NAME_LEN];
        char value[VALUE_LEN];
    } pair[MAX_PAIRS];
};

/** The lines of a text; keys may come again. A file that is not there has none. */
bool load_pairs(const char *path, struct pairs *pairs);
bool save_pairs(const char *path, const struct pairs *pairs);
/** The first value of that key, else the other text. */
const char *value_of(const struct pairs *pairs, const char *key, const char *otherwise);
unsigned long number_of(const struct pairs *pairs, const char *key, unsigned long otherwise);
void set_value(struct pairs *pairs, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));

struct names {
    int count;
    char name[MAX_NAMES][NAME_LEN];
};

/** Names of the folders in a folder, sorted; those that begin with a dot are half made or half gone. */
void list_folders(const char *path, struct names *names);
bool folder_exists(const char *path);
/** An empty folder to be filled, which the second call gives its name at once. */
bool begin_folder(const char *parent, char draft[PATH_MAX]);
bool finish_folder(const char *draft, const char *path);
/** Away at once for everybody who looks, then file by file. */
bool remove_folder(const char *parent, const char *name);

/** Bytes as hexadecimal digits and back; the number of bytes, or -1. */
void to_hex(const unsigned char *bytes, size_t len, char *digits);
long from_hex(const char *digits, unsigned char *bytes, size_t room);

#endif
