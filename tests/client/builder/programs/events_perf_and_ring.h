struct before {
	int a;
};
struct after {
	int b;
};
