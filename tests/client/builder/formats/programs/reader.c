/* A guest as its author writes it: by NAME.skel.h and NAME.wasm.h alone. Arguments: a process, and a system call. */
#include "told.skel.h"
#include "told.wasm.h"

static int seen;

static int on_event(void *context, void *record, size_t size)
{
	const struct told *told = record;

	if (size < sizeof(*told) || context != &seen)
		return -1;
	printf("%d %u %s %d %d\n", told->below, told->numbers[1], told->yes ? told->text : "", told->place.y, told->bytes[0]);
	return ++seen >= 3 ? -1000 : 0;
}

int main(int count, char **words)
{
	struct told_bpf *skeleton = told_bpf__open();
	struct bpf_buffer *buffer;
	int answer = 0;

	if (!skeleton || count != 3)
		return 2;
	skeleton->rodata->process = atoi(words[1]);
	skeleton->rodata->number = atoi(words[2]);
	strcpy((char *)skeleton->rodata->text, "patched");
	skeleton->data->share = 21;
	if (told_bpf__load(skeleton) || told_bpf__attach(skeleton))
		return 3;
	buffer = bpf_buffer__open(skeleton->maps.events, on_event, &seen);
	while (buffer && answer >= 0)
		answer = bpf_buffer__poll(buffer, 100);
	bpf_buffer__free(buffer);
	told_bpf__destroy(skeleton);
	return answer == -1000 ? seen : 4;
}
