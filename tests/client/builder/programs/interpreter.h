struct stacks {
	__u32 pid;
	__u32 cpu_id;
	char comm[16];
	__s32 kstack_sz;
	__s32 ustack_sz;
	__u64 kstack[32];
	__u64 ustack[32];
};
