struct opened {
	int fd;
};
struct closed {
	int fd;
	int ret;
};
struct other {
	long a;
};
