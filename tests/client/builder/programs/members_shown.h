struct event {
	/// @show hex
	int flags;
	/** When it was @show time */
	__u64 when;
	/// @show plain
	int ret;
	__u64 delta_ns;
};
