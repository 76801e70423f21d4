struct event {
	unsigned __int128 big;
	double share;
	signed char small;
	short middle;
};
