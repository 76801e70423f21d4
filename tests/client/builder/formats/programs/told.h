enum doing {
	RESTING,
	WORKING = 5,
};

struct told {
	__u64 big;
	int below;
	__u8 small;
	bool yes;
	char text[16];
	enum doing doing, unnamed;
	__u32 numbers[3];
	struct {
		int x;
		short y;
	} place;
	unsigned __int128 wide;
	signed char bytes[2];
};
