struct event {
	int pid;
	char comm[16];
};
