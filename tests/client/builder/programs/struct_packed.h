struct event {
	char first;
	int second;
} __attribute__((packed));
