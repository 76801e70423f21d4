struct first {
	int a;
};
struct second {
	int b;
};
