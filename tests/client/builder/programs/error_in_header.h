struct event {
	int pid[;
};
