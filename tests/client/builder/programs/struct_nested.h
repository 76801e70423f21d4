struct place {
	int x, y;
};
struct event {
	struct place from;
	struct {
		long inner;
	};
	struct {
		char name[8];
	} to[2];
};
