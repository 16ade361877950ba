/** Files, folders and `key=value` texts. See disk.h. */
#define _GNU_SOURCE
#include "disk.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool join_path(char path[PATH_MAX], const char *format, ...)
{
    va_list parts;
    va_start(parts, format);
    int len = vsnprintf(path, PATH_MAX, format, parts);
    va_end(parts);
    return len >= 0 && len < PATH_MAX;
}

char *read_bytes(const char *path, size_t *len)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat facts;
    if (file < 0) return NULL;
    char *bytes = fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) ? malloc((size_t)facts.st_size + 1) : NULL;
    ssize_t got = bytes == NULL ? -1 : read(file, bytes, (size_t)facts.st_size);
    close(file);
    if (got < 0) {
        free(bytes);
        return NULL;
    }
    bytes[got] = 0;
    if (len != NULL) *len = (size_t)got;
    return bytes;
}

bool write_bytes(const char *path, const void *bytes, size_t len)
{
    char draft[PATH_MAX];
    const char *name = strrchr(path, '/') + 1;
    if (!join_path(draft, "%.*s.%s.%ld", (int)(name - path), path, name, (long)getpid())) return false;
    int file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return false;
    bool whole = write(file, bytes, len) == (ssize_t)len;
    close(file);
    if (whole && rename(draft, path) == 0) return true;
    unlink(draft);
    return false;
}

bool load_pairs(const char *path, struct pairs *pairs)
{
    pairs->count = 0;
    char *text = read_bytes(path, NULL);
    if (text == NULL) return false;
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line != NULL && pairs->count < MAX_PAIRS; line = strsep(&rest, "\n")) {
        char *sign = strchr(line, '=');
        if (line[0] == '#' || sign == NULL) continue;
        *sign = 0;
        snprintf(pairs->pair[pairs->count].key, NAME_LEN, "%s", line);
        snprintf(pairs->pair[pairs->count].value, VALUE_LEN, "%s", sign + 1);
        pairs->count++;
    }
    free(text);
    return true;
}

bool save_pairs(const char *path, const struct pairs *pairs)
{
    char *text = NULL;
    size_t len = 0;
    FILE *lines = open_memstream(&text, &len);
    if (lines == NULL) return false;
    for (int at = 0; at < pairs->count; at++) fprintf(lines, "%s=%s\n", pairs->pair[at].key, pairs->pair[at].value);
    fclose(lines);
    bool written = write_bytes(path, text, len);
    free(text);
    return written;
}

const char *value_of(const struct pairs *pairs, const char *key, const char *otherwise)
{
    for (int at = 0; at < pairs->count; at++) {
        if (strcmp(pairs->pair[at].key, key) == 0) return pairs->pair[at].value;
    }
    return otherwise;
}

unsigned long number_of(const struct pairs *pairs, const char *key, unsigned long otherwise)
{
    const char *value = value_of(pairs, key, NULL);
    return value == NULL ? otherwise : strtoul(value, NULL, 0);
}

void set_value(struct pairs *pairs, const char *key, const char *format, ...)
{
    int at = 0;
    while (at < pairs->count && strcmp(pairs->pair[at].key, key) != 0) at++;
    if (at == MAX_PAIRS) return;
    if (at == pairs->count) {
        pairs->count++;
        snprintf(pairs->pair[at].key, NAME_LEN, "%s", key);
    }
    va_list parts;
    va_start(parts, format);
    vsnprintf(pairs->pair[at].value, VALUE_LEN, format, parts);
    va_end(parts);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

bool folder_exists(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

void list_folders(const char *path, struct names *names)
{
    names->count = 0;
    DIR *folder = opendir(path);
    if (folder == NULL) return;
    for (struct dirent *entry = readdir(folder); entry != NULL && names->count < MAX_NAMES; entry = readdir(folder)) {
        char full[PATH_MAX];
        if (entry->d_name[0] == '.' || strlen(entry->d_name) >= NAME_LEN) continue;
        if (!join_path(full, "%s/%s", path, entry->d_name) || !folder_exists(full)) continue;
        memcpy(names->name[names->count++], entry->d_name, strlen(entry->d_name) + 1);
    }
    closedir(folder);
    qsort(names->name, (size_t)names->count, NAME_LEN, by_name);
}

/** Everything below, then the folder. */
static bool remove_all(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL) return false;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char full[PATH_MAX];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (!join_path(full, "%s/%s", path, entry->d_name)) continue;
        if (unlink(full) != 0) remove_all(full);
    }
    closedir(folder);
    return rmdir(path) == 0;
}

bool begin_folder(const char *parent, char draft[PATH_MAX])
{
    if (!join_path(draft, "%s/.draft", parent)) return false;
    mkdir(parent, 0700);
    if (folder_exists(draft)) remove_all(draft); // left by a process that was killed: the device is held, so it is nobody's
    return mkdir(draft, 0700) == 0;
}

bool finish_folder(const char *draft, const char *path)
{
    return rename(draft, path) == 0;
}

bool remove_folder(const char *parent, const char *name)
{
    char path[PATH_MAX], gone[PATH_MAX];
    if (!join_path(path, "%s/%s", parent, name) || !join_path(gone, "%s/.gone", parent)) return false;
    if (folder_exists(gone)) remove_all(gone);
    return rename(path, gone) == 0 && remove_all(gone);
}

void to_hex(const unsigned char *bytes, size_t len, char *digits)
{
    for (size_t at = 0; at < len; at++) sprintf(digits + 2 * at, "%02x", bytes[at]);
    digits[2 * len] = 0;
}

static int digit(char c)
{
    const char *found = c == 0 ? NULL : strchr("0123456789abcdef", c | 0x20);
    return found == NULL ? -1 : (int)(found - "0123456789abcdef");
}

long from_hex(const char *digits, unsigned char *bytes, size_t room)
{
    size_t len = 0;
    for (; digit(digits[2 * len]) >= 0 && digit(digits[2 * len + 1]) >= 0; len++) {
        if (len == room) return -1;
        bytes[len] = (unsigned char)(digit(digits[2 * len]) << 4 | digit(digits[2 * len + 1]));
    }
    return (long)len;
}
