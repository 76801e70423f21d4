/* A guest that does what its first argument says. check() makes a failed expectation its exit code. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "wasm_bpf.h"
#include "object.h" /* `object`, the bytes of seen.bpf.c, and its FIRST program's NAME */

#define check(condition)                                             \
    do {                                                             \
        if (!(condition)) {                                          \
            printf("line %d: not " #condition "\n", __LINE__);       \
            exit(100);                                               \
        }                                                            \
    } while (0)
#define LINUX_ENOENT 2
#define LINUX_E2BIG 7
#define LINUX_EFAULT 14
#define LINUX_EBUSY 16
#define LINUX_EEXIST 17
#define LINUX_EINVAL 22
#define LINUX_EPERM 1
#define OUTSIDE ((void *)0x7fffff00)

extern char **environ;
static uint64_t handle;
static char data[4096];
static uint32_t seen, bytes;

static void begin(void)
{
    handle = wasm_load_bpf_object(object, sizeof(object));
    check(handle >= 1);
    check(wasm_attach_bpf_program(handle, NAME, 0) == 0);
}

static void offer(void) { check(write(1, "trigger", 7) == 7); }
static int map(const char *name) { return wasm_bpf_map_fd_by_name(handle, name); }

static int count(void *context, void *record, uint32_t size)
{
    uint32_t whole = 4 + (seen & 127), limit = *(uint32_t *)context;

    check(record == data);
    check(*(uint32_t *)record == seen);
    check(size == (whole < limit ? whole : limit));
    seen++;
    bytes += size;
    return 1; /* what is not negative goes on */
}

static int events(uint32_t bursts, uint32_t limit)
{
    begin();
    for (uint32_t burst = 1; burst <= bursts; burst++) {
        offer();
        while (seen < burst * BURST)
            check(wasm_bpf_buffer_poll(handle, map("events"), count, &limit, data, limit, 1000) > 0);
        check(seen == burst * BURST);
    }
    check(wasm_bpf_buffer_poll(handle, map("events"), count, &limit, data, limit, 0) == 0);
    printf(" %u %u\n", seen, bytes);
    return 0;
}

static int sample(void *context, void *record, uint32_t size)
{
    check(size >= 8 && *(uint32_t *)record == seen);
    seen++;
    return 0;
}

static int samples(void)
{
    begin();
    check(wasm_bpf_buffer_poll(handle, map("samples"), sample, 0, data, 4096, 0) == 0);
    offer();
    while (seen < BURST)
        check(wasm_bpf_buffer_poll(handle, map("samples"), sample, 0, data, 4096, 1000) > 0);
    return 0;
}

static int third_is_enough(void *context, void *record, uint32_t size)
{
    check(*(uint32_t *)record == seen);
    return ++seen == 3 ? -7 : 0;
}

static int negative(void)
{
    begin();
    offer();
    check(wasm_bpf_buffer_poll(handle, map("events"), third_is_enough, 0, data, 4096, 1000) == -7);
    check(seen == 3);
    check(wasm_bpf_buffer_poll(handle, map("events"), third_is_enough, 0, data, 4096, 0) == BURST - 3);
    return seen == BURST ? 0 : 1;
}

static int other(void *context, void *record, uint32_t size)
{
    ++*(uint32_t *)context;
    check(size == 4096);
    return 0;
}

static int two_maps(void)
{
    uint32_t others = 0, limit = 4096;

    begin();
    offer();
    check(wasm_bpf_buffer_poll(handle, map("events"), count, &limit, data, 4096, 1000) == BURST);
    check(wasm_bpf_buffer_poll(handle, map("others"), other, &others, data, 4096, 1000) == 1);
    return others == 1 ? 0 : 1;
}

static char room[LARGE];

static int large_one(void *context, void *record, uint32_t size)
{
    check(record == room && size == LARGE && *(uint32_t *)record == BURST - 1 && room[LARGE - 1] == 'z');
    return -9;
}

static int large(void)
{
    begin();
    offer();
    return wasm_bpf_buffer_poll(handle, map("others"), large_one, 0, room, LARGE, 1000) == -9 ? 0 : 1;
}

static int any(void *context, void *record, uint32_t size) { return 0; }

static int lost(void)
{
    begin();
    check(wasm_bpf_buffer_poll(handle, map("samples"), sample, 0, data, 4096, 0) == 0);
    for (int i = 0; i < 100; i++)
        offer();
    check(wasm_bpf_buffer_poll(handle, map("samples"), any, 0, data, 4096, 1000) > 0);
    offer(); /* the kernel tells what was lost with the next record that it has room for */
    check(wasm_bpf_buffer_poll(handle, map("samples"), any, 0, data, 4096, 1000) > 0);
    return 0;
}

static int polls(void *context, void *record, uint32_t size)
{
    check(wasm_bpf_buffer_poll(handle, map("others"), other, context, data, 4096, 0) == -LINUX_EBUSY);
    return 0;
}

static int leaves(void *context, void *record, uint32_t size)
{
    exit(42);
}

static int in_callback(sample_function function)
{
    uint32_t others = 0;

    begin();
    offer();
    check(wasm_bpf_buffer_poll(handle, map("events"), function, &others, data, 4096, 1000) == BURST);
    return 0;
}

static int hash(void)
{
    int fd;
    uint32_t key = 5, next = 0, absent = 9;
    char value[16] = "fifteen bytes..", found[16] = "";

    begin();
    fd = map("table");
    check(wasm_bpf_map_operate(fd, NEXT_KEY, 0, 0, &next, 0) == -LINUX_ENOENT);
    check(wasm_bpf_map_operate(fd, UPDATE, &key, value, 0, 1) == 0);
    check(wasm_bpf_map_operate(fd, UPDATE, &key, value, 0, 1) == -LINUX_EEXIST);
    check(wasm_bpf_map_operate(fd, LOOKUP, &key, found, 0, 0) == 0);
    check(memcmp(value, found, 16) == 0);
    check(wasm_bpf_map_operate(fd, LOOKUP, &absent, found, 0, 0) == -LINUX_ENOENT);
    check(wasm_bpf_map_operate(fd, LOOKUP, &key, found, 0, 1) == -LINUX_EINVAL);
    check(wasm_bpf_map_operate(fd, NEXT_KEY, 0, 0, &next, 0) == 0 && next == 5);
    check(wasm_bpf_map_operate(fd, NEXT_KEY, &key, 0, &next, 0) == -LINUX_ENOENT);
    check(wasm_bpf_map_operate(fd, 5, &key, found, 0, 0) == -LINUX_EINVAL);
    check(wasm_bpf_map_operate(fd, DELETE, &key, 0, 0, 0) == 0);
    check(wasm_bpf_map_operate(fd, DELETE, &key, 0, 0, 0) == -LINUX_ENOENT);
    for (key = 0; key < 8; key++)
        check(wasm_bpf_map_operate(fd, UPDATE, &key, value, 0, 0) == 0);
    check(wasm_bpf_map_operate(fd, UPDATE, &key, value, 0, 0) == -LINUX_E2BIG);
    return 0;
}

static int each_processor(int processors)
{
    int fd, size = processors * 16; /* values of 12 bytes, each rounded up to 8 */
    uint32_t key = 1;
    char *buffer = malloc(size + 8), *end = (char *)(__builtin_wasm_memory_size(0) * 65536);

    begin();
    fd = map("counts");
    for (int i = 0; i < processors; i++)
        memset(buffer + 16 * i, 'a' + i, 12);
    check(wasm_bpf_map_operate(fd, UPDATE, &key, buffer, 0, 0) == 0);
    memset(buffer, '!', size + 8);
    check(wasm_bpf_map_operate(fd, LOOKUP, &key, buffer, 0, 0) == 0);
    for (int i = 0; i < processors; i++)
        check(buffer[16 * i] == 'a' + i && buffer[16 * i + 11] == 'a' + i);
    check(buffer[size] == '!');
    check(wasm_bpf_map_operate(fd, LOOKUP, &key, end - size, 0, 0) == 0);
    check(wasm_bpf_map_operate(fd, LOOKUP, &key, end - size + 1, 0, 0) == -LINUX_EFAULT);
    check(wasm_bpf_map_operate(fd, UPDATE, &key, end - 12, 0, 0) == -LINUX_EFAULT);
    return 0;
}

static int pointers(void)
{
    uint32_t key = 0;
    char *end = (char *)(__builtin_wasm_memory_size(0) * 65536);

    check(wasm_load_bpf_object(OUTSIDE, 64) == 0);
    check(wasm_load_bpf_object(object, -1) == 0);
    check(wasm_load_bpf_object(end - 10, 11) == 0);
    begin();
    memset(end - 4, 'x', 4); /* a text that never ends */
    check(wasm_attach_bpf_program(handle, OUTSIDE, 0) == -1);
    check(wasm_attach_bpf_program(handle, NAME, OUTSIDE) == -1);
    check(wasm_attach_bpf_program(handle, end - 4, 0) == -1);
    check(wasm_bpf_map_fd_by_name(handle, OUTSIDE) == -1);
    check(wasm_bpf_map_operate(map("table"), LOOKUP, OUTSIDE, data, 0, 0) == -LINUX_EFAULT);
    check(wasm_bpf_map_operate(map("table"), LOOKUP, &key, end - 15, 0, 0) == -LINUX_EFAULT);
    check(wasm_bpf_map_operate(map("table"), UPDATE, &key, (void *)-8, 0, 0) == -LINUX_EFAULT);
    check(wasm_bpf_map_operate(map("table"), NEXT_KEY, 0, 0, end - 3, 0) == -LINUX_EFAULT);
    check(wasm_bpf_map_operate(map("table"), DELETE, end, 0, 0, 0) == -LINUX_EFAULT);
    check(wasm_bpf_buffer_poll(handle, map("events"), count, 0, OUTSIDE, 1, 0) == -LINUX_EFAULT);
    check(wasm_bpf_buffer_poll(handle, map("events"), count, 0, data, -1, 0) == -LINUX_EFAULT);
    return 0;
}

static int handles(int foreign)
{
    uint32_t key = 0, descriptor = foreign;

    check(wasm_close_bpf_object(1) == -1);
    check(wasm_attach_bpf_program(1, NAME, 0) == -1);
    check(wasm_bpf_map_fd_by_name(1, "events") == -1);
    check(wasm_bpf_buffer_poll(1, 3, count, 0, data, 1, 0) == -1);
    check(wasm_load_bpf_object("not an object", 14) == 0);
    begin();
    check(wasm_bpf_map_fd_by_name(handle, "absent") == -1);
    check(wasm_attach_bpf_program(handle, "absent", 0) == -1);
    check(wasm_bpf_buffer_poll(handle, map("table"), count, 0, data, 1, 0) == -1);
    for (int fd = -1; fd <= foreign; fd++)
        if (fd == foreign || fd < 3)
            check(wasm_bpf_map_operate(fd, LOOKUP, &key, data, 0, 0) == -1);
    check(wasm_bpf_buffer_poll(handle, foreign, count, 0, data, 1, 0) == -LINUX_ENOENT);
    check(wasm_bpf_map_operate(map("maps"), UPDATE, &key, &descriptor, 0, 0) == -LINUX_EPERM);
    check(wasm_bpf_map_operate(map("programs"), UPDATE, &key, &descriptor, 0, 0) == -LINUX_EPERM);
    descriptor = map("table");
    check(wasm_bpf_map_operate(map("maps"), UPDATE, &key, &descriptor, 0, 0) == 0);
    check(wasm_close_bpf_object(handle) == 0);
    check(wasm_close_bpf_object(handle) == -1);
    check(wasm_bpf_map_operate(descriptor, LOOKUP, &key, data, 0, 0) == -1);
    return 0;
}

static int all_memory(void)
{
    int got = 0;
    char *volatile block;

    while ((block = malloc(1 << 20)))
        got++;
    printf("%d MiB", got);
    return 0;
}

static int show(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        printf("%s,", argv[i]);
    for (char **variable = environ; *variable; variable++)
        printf("%s,", *variable);
    printf("%s,", fopen("/etc/passwd", "r") ? "a file" : "no file");
    printf("%s,", fopen("/shown/note", "r") ? "a note" : "no note");
    printf("%s", fopen("/shown/note", "w") ? "written" : "not written");
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    int first = argc > 2 ? atoi(argv[2]) : 0;
#define IS(word) (strcmp(what, word) == 0)

    if (IS("return"))
        return first;
    if (IS("exit"))
        _Exit(first);
    if (IS("show"))
        return show(argc, argv);
    if (IS("crash"))
        __builtin_trap();
    if (IS("memory"))
        return all_memory();
    if (IS("events"))
        return events(first, atoi(argv[3]));
    if (IS("samples"))
        return samples();
    if (IS("large"))
        return large();
    if (IS("lost"))
        return lost();
    if (IS("negative"))
        return negative();
    if (IS("two-maps"))
        return two_maps();
    if (IS("poll-in-callback"))
        return in_callback(polls);
    if (IS("exit-in-callback"))
        return in_callback(leaves);
    if (IS("wrong-callback"))
        return in_callback((sample_function)first);
    if (IS("hash"))
        return hash();
    if (IS("each-processor"))
        return each_processor(first);
    if (IS("pointers"))
        return pointers();
    if (IS("handles"))
        return handles(first);
    begin();
    if (IS("attach"))
        return -wasm_attach_bpf_program(handle, argv[2], argc > 3 ? argv[3] : 0);
    write(1, "started\n", 8);
    while (IS("loop"))
        ;
    while (IS("sleep"))
        sleep(1000);
    while (IS("poll") && wasm_bpf_buffer_poll(handle, map("events"), count, 0, data, 0, -1) != -EINTR)
        ;
    while (IS("poll-on"))
        wasm_bpf_buffer_poll(handle, map("events"), count, 0, data, 0, -1);
    while (IS("write"))
        write(1, data, sizeof(data));
    printf("ended\n");
    return 3;
}
