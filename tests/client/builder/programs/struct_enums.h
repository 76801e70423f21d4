enum doing {
	IDLE,
	BUSY = 7,
	GONE = -1,
};
struct event {
	enum doing state;
	bool again;
	void *place;
};
