#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

enum level { LOW, HIGH = 9 };
const volatile bool on = true;
const volatile char letter = 1;
const volatile unsigned char byte = 200;
const volatile short small = -3;
const volatile u16 port = 80;
const volatile int number = -1;
const volatile pid_t pid = 0;
const volatile u32 bits = 0xffffffff;
const volatile long long wide = -5;
const volatile u64 mask = 0xffffffffffffffff;
const volatile char name[8] = "init";
const volatile enum level level = HIGH;
const volatile float share = 0.5;

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	if (on && letter && byte && small && port && number && pid && bits && wide && mask && name[0] && level)
		bpf_printk("all");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
