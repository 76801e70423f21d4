struct event {
	int pid;
	unsigned int failed : 1;
};
