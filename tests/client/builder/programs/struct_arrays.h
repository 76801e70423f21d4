struct event {
	__u8 bytes[6];
	unsigned char raw[4];
	int numbers[3];
	char names[2][8];
	char comm[16];
};
