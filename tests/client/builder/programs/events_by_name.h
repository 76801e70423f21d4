struct other {
	int a;
};
struct exit_event {
	int code;
};
