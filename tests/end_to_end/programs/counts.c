// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A guest: waits for as many events as its first argument says, tells them, and exits with its second argument. */
#include <stdio.h>
#include <stdlib.h>
#include "object.h"
#define IMPORT(name) __attribute__((import_module("wasm_bpf"), import_name(#name))) name

long long IMPORT(wasm_load_bpf_object)(const void *object, int size);
int IMPORT(wasm_attach_bpf_program)(long long object, const char *name, const char *target);
int IMPORT(wasm_bpf_map_fd_by_name)(long long object, const char *name);
int IMPORT(wasm_bpf_buffer_poll)(long long object, int fd, int (*sample)(void *, void *, int), void *context,
                                 void *data, int max_size, int timeout_ms);

static int left;

static int sample(void *context, void *data, int size)
{
    if (left > 0)
        printf("event of %d bytes\n", size), left--;
    return 0;
}

int main(int argc, char **argv)
{
    char buffer[64];
    long long object = wasm_load_bpf_object(object_bytes, sizeof(object_bytes));

    if (argc != 3 || !object || wasm_attach_bpf_program(object, "seen", 0))
        return 99;
    printf("%s watches\n", argv[0]);
    left = atoi(argv[1]);
    int fd = wasm_bpf_map_fd_by_name(object, "rb");
    while (left > 0)
        if (wasm_bpf_buffer_poll(object, fd, sample, 0, buffer, sizeof(buffer), 100) < 0)
            return 98;
    return atoi(argv[2]);
}
