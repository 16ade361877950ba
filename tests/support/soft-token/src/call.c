/** Begin and end of a call: turn, count, fault, transcript. See call.h. */
#define _GNU_SOURCE
#include "call.h"
#include "device-state.h"
#include <fcntl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_FUNCTIONS 128

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cancelled;
static pthread_once_t begun = PTHREAD_ONCE_INIT;
static unsigned long cancel_count;
static _Thread_local char line[2048];

static void begin_process(void)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&cancelled, &monotonic);
    // A library in a foreign program reads none of its settings and leaves nothing to do at its exit.
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
    watch_from_now();
}

/** The line so far, and these facts: a small language, so that a text cannot bring a blank or a line's end. */
static void add_facts(const char *facts, va_list values)
{
    size_t len = strlen(line);
    if (facts[0] != 0 && len + 1 < sizeof line) line[len++] = ' ';
    for (const char *c = facts; *c != 0 && len + 400 < sizeof line; c++) {
        if (c[0] == '%' && c[1] == 's') {
            const char *text = va_arg(values, const char *);
            char some[NAME_LEN];
            snprintf(some, sizeof some, "%.100s", text == NULL ? "null" : text);
            one_word(some, line + len, 390);
            len += strlen(line + len);
            c++;
        } else if (c[0] == '%' && c[1] == 'u') {
            len += (size_t)sprintf(line + len, "%lu", (unsigned long)va_arg(values, ULONG));
            c++;
        } else {
            line[len++] = *c;
        }
    }
    line[len] = 0;
}

void add_fact(const char *facts, ...)
{
    va_list values;
    va_start(values, facts);
    add_facts(facts, values);
    va_end(values);
}

/** One write, so that lines of several processes do not mix. */
static void write_line(const char *outcome)
{
    char whole[sizeof line + 32];
    const char *path = settings()->transcript;
    int file = path[0] == 0 ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) return;
    int len = snprintf(whole, sizeof whole, "%s -> %s\n", line, outcome);
    if (write(file, whole, (size_t)len) != len) fputs("soft token: transcript not written\n", stderr);
    close(file);
}

/** Counts the call, and finds what the configuration has for it. */
static struct fault count_call(const char *name)
{
    static struct {
        const char *name;
        unsigned long calls;
    } counted[MAX_FUNCTIONS];
    static unsigned long all;
    int at = 0;
    while (at < MAX_FUNCTIONS - 1 && counted[at].name != NULL && strcmp(counted[at].name, name) != 0) at++;
    counted[at].name = name;
    counted[at].calls++;
    all++;
    const struct settings *today = settings();
    for (int each = 0; each < today->fault_count; each++) {
        const struct fault *fault = &today->fault[each];
        bool any = strcmp(fault->function, "*") == 0;
        if (!any && strcmp(fault->function, name) != 0) continue;
        if (fault->call == EVERY_CALL || fault->call == (any ? all : counted[at].calls)) return *fault;
    }
    return (struct fault){ .kind = FAULT_NONE };
}

static void say_noise(int to)
{
    static const char noise[] = "soft token: noise\n";
    if (write(to, noise, sizeof noise - 1) < 0) return;
}

/** Does what was found, without the turn where it takes time; gives the answer that ends the call, if there is one. */
static ULONG suffer(const struct fault *fault, HANDLE handle)
{
    if (fault->kind == FAULT_HANG || fault->kind == FAULT_CRASH) {
        write_line(fault->kind == FAULT_HANG ? "hang" : "crash");
        if (fault->kind == FAULT_CRASH) {
            volatile int *volatile nowhere = NULL; // both volatile: the store is meant
            *nowhere = 1;
        }
        pthread_mutex_unlock(&turn);
        for (;;) pause();
    }
    if (fault->kind == FAULT_SLOW) {
        pthread_mutex_unlock(&turn);
        struct timespec time = { (time_t)(fault->argument / 1000), (long)(fault->argument % 1000) * 1000000 };
        nanosleep(&time, NULL);
        pthread_mutex_lock(&turn);
    }
    if (fault->kind == FAULT_PRINT) {
        say_noise(STDOUT_FILENO);
        say_noise(STDERR_FILENO);
    }
    if (fault->kind == FAULT_REMOVE) {
        struct object *object = find_object(handle, ANY_OBJECT);
        pull_key(object == NULL ? NULL : device_of(object)->name);
        return SAR_DEVICE_REMOVED;
    }
    return fault->kind == FAULT_CODE ? (ULONG)fault->argument : SAR_OK;
}

ULONG begin_call(const char *function, HANDLE handle, const char *facts, ...)
{
    pthread_once(&begun, begin_process);
    pthread_mutex_lock(&turn);
    snprintf(line, sizeof line, "%s", function);
    if (handle != NULL) describe_object(handle, line + strlen(line), sizeof line / 2);
    va_list values;
    va_start(values, facts);
    add_facts(facts, values);
    va_end(values);
    struct fault fault = count_call(function + strlen("SKF_"));
    return suffer(&fault, handle);
}

ULONG end_call(ULONG code)
{
    char outcome[16];
    release_device();
    snprintf(outcome, sizeof outcome, "0x%08lX", (unsigned long)code);
    write_line(outcome);
    pthread_mutex_unlock(&turn);
    return code;
}

void pause_call(unsigned ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&cancelled, &turn, &until);
}

unsigned long cancellations(void)
{
    return cancel_count;
}

void cancel_pauses(void)
{
    cancel_count++;
    pthread_cond_broadcast(&cancelled);
}

bool only_length(const void *buffer, ULONG *size, size_t needed, ULONG *code)
{
    ULONG room = size == NULL ? 0 : *size;
    *code = size == NULL ? SAR_INVALIDPARAMERR : buffer != NULL && room < needed ? SAR_BUFFER_TOO_SMALL : SAR_OK;
    if (size != NULL) *size = (ULONG)needed;
    return buffer == NULL || *code != SAR_OK;
}

ULONG give_bytes(const void *bytes, size_t len, void *buffer, ULONG *size)
{
    ULONG code;
    if (!only_length(buffer, size, len, &code)) memcpy(buffer, bytes, len);
    return code;
}
