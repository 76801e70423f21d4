/* A guest that counts the records of burst.bpf.c until its argument's number of them was seen or lost, and tells how
   many it saw, how many were lost, and the nanoseconds from the first record to the last. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "wasm_bpf.h"
#include "object.h"

static unsigned long long seen, numbers, first, last;
static char data[64];

static unsigned long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static int count(void *context, void *record, uint32_t size)
{
    if (!seen++)
        first = now();
    numbers += ((unsigned *)record)[3]; /* as a real guest, it looks at them */
    return 0;
}

int main(int argc, char **argv)
{
    unsigned long long wanted = strtoull(argv[1], 0, 10), lost = 0;
    uint64_t handle = wasm_load_bpf_object(object, sizeof(object));
    uint32_t zero = 0;

    if (!handle || wasm_attach_bpf_program(handle, "opened", 0) || wasm_attach_bpf_program(handle, "opened_at", 0))
        return 1;
    printf("attached\n");
    fflush(stdout);
    int events = wasm_bpf_map_fd_by_name(handle, "events"), counter = wasm_bpf_map_fd_by_name(handle, "lost");
    while (seen + lost < wanted) {
        if (wasm_bpf_buffer_poll(handle, events, count, 0, data, sizeof(data), 1000) < 0)
            return 2;
        last = now();
        wasm_bpf_map_operate(counter, 1, &zero, &lost, 0, 0);
    }
    printf("%llu %llu %llu\n", seen, lost, last - first);
    return 0;
}
