struct event {
	__u16 family;
	union {
		__be32 v4;
		__u8 v6[16];
	} saddr;
	union {
		int number;
		float share;
	};
};
