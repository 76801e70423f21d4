struct unrelated {
	int a;
};
struct event {
	int pid;
	char comm[16];
};
