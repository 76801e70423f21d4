#ifndef _LIBBPF_WASM_H /* as wasm-bpf's own header calls itself: one of the two is enough */
#define _LIBBPF_WASM_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WASM_BPF(name) __attribute__((import_module("wasm_bpf"), import_name(name)))

typedef uint64_t bpf_object_skel;

WASM_BPF("wasm_load_bpf_object") bpf_object_skel wasm_load_bpf_object(const void *bytes, int size);
WASM_BPF("wasm_close_bpf_object") int wasm_close_bpf_object(bpf_object_skel object);
WASM_BPF("wasm_attach_bpf_program")
int wasm_attach_bpf_program(bpf_object_skel object, const char *name, const char *target);
WASM_BPF("wasm_bpf_map_fd_by_name") int wasm_bpf_map_fd_by_name(bpf_object_skel object, const char *name);
WASM_BPF("wasm_bpf_map_operate")
int wasm_bpf_map_operate(int map, int command, void *key, void *value, void *next_key, uint64_t flags);
WASM_BPF("wasm_bpf_buffer_poll")
int wasm_bpf_buffer_poll(bpf_object_skel object, int map, int32_t callback, uint32_t context, char *record, int size,
			 int milliseconds);

struct bpf_map {
	bpf_object_skel obj_ptr;
	char name[64];
};

struct bpf_program {
	bpf_object_skel obj_ptr;
	char name[64];
	char attach_target[128];
	bool autoattach;
};

typedef int (*bpf_buffer_sample_fn)(void *context, void *record, size_t size);

#define BPF_BUFFER_RECORD 65536

struct bpf_buffer {
	struct bpf_map *events;
	int fd;
	void *ctx;
	bpf_buffer_sample_fn sample_fn;
	char record[BPF_BUFFER_RECORD];
};

enum { BPF_ANY, BPF_NOEXIST, BPF_EXIST, BPF_F_LOCK = 4 };
enum { BPF_MAP_LOOKUP_ELEM = 1, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM, BPF_MAP_GET_NEXT_KEY };

static inline int bpf_map__fd(const struct bpf_map *map)
{
	return wasm_bpf_map_fd_by_name(map->obj_ptr, map->name);
}

/* Where a program attaches whose section leaves it open: an interface (xdp), a cgroup's folder (sockops). */
static inline void bpf_set_prog_attach_target(struct bpf_program *program, const char *target)
{
	snprintf(program->attach_target, sizeof(program->attach_target), "%s", target);
}

static inline int bpf_program__set_autoattach(struct bpf_program *program, bool wanted)
{
	program->autoattach = wanted;
	return 0;
}

static inline int bpf_program__set_autoload(struct bpf_program *program, bool wanted)
{
	return bpf_program__set_autoattach(program, wanted); /* the host loads all programs of an object */
}

static inline struct bpf_buffer *bpf_buffer__open(struct bpf_map *events, bpf_buffer_sample_fn callback, void *context)
{
	struct bpf_buffer *made = calloc(1, sizeof(*made));

	if (!made)
		return NULL;
	made->events = events, made->ctx = context, made->sample_fn = callback;
	made->fd = bpf_map__fd(events);
	return made;
}

/* Waits for records and calls the callback with each; how many, or a negative errno (-EINTR at the end of the run). */
static inline int bpf_buffer__poll(struct bpf_buffer *buffer, int milliseconds)
{
	return wasm_bpf_buffer_poll(buffer->events->obj_ptr, buffer->fd, (int32_t)buffer->sample_fn, (uint32_t)buffer->ctx,
				    buffer->record, sizeof(buffer->record), milliseconds > 0 ? milliseconds : 100);
}

static inline void bpf_buffer__free(struct bpf_buffer *buffer)
{
	free(buffer);
}

static inline int bpf_map_update_elem(int map, const void *key, const void *value, uint64_t flags)
{
	return wasm_bpf_map_operate(map, BPF_MAP_UPDATE_ELEM, (void *)key, (void *)value, NULL, flags);
}

static inline int bpf_map_lookup_elem_flags(int map, const void *key, void *value, uint64_t flags)
{
	return wasm_bpf_map_operate(map, BPF_MAP_LOOKUP_ELEM, (void *)key, value, NULL, flags);
}

static inline int bpf_map_lookup_elem(int map, const void *key, void *value)
{
	return bpf_map_lookup_elem_flags(map, key, value, 0);
}

static inline int bpf_map_delete_elem_flags(int map, const void *key, uint64_t flags)
{
	return wasm_bpf_map_operate(map, BPF_MAP_DELETE_ELEM, (void *)key, NULL, NULL, flags);
}

static inline int bpf_map_delete_elem(int map, const void *key)
{
	return bpf_map_delete_elem_flags(map, key, 0);
}

static inline int bpf_map_get_next_key(int map, const void *key, void *next_key)
{
	return wasm_bpf_map_operate(map, BPF_MAP_GET_NEXT_KEY, (void *)key, NULL, next_key, 0);
}

#endif
