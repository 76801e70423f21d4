/** An event */
struct event {
	/** The process */
	int pid;
	char comm[16]; ///< Its name
	unsigned long long bytes;
	__u8 flag;
};
