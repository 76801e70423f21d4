/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef SOFTIRQS_H
#define SOFTIRQS_H

enum softirq {
	SOFTIRQ_HIGH,
	SOFTIRQ_TIMER,
	SOFTIRQ_NET_TX,
	SOFTIRQ_NET_RX,
	SOFTIRQ_BLOCK,
	SOFTIRQ_IRQ_POLL,
	SOFTIRQ_TASKLET,
	SOFTIRQ_SCHED,
	SOFTIRQ_HRTIMER,
	SOFTIRQ_RCU,
};

struct kind {
	/// Soft interrupt
	enum softirq softirq;
};

struct runs {
	/// How often it ran
	unsigned long long count;
	/// How long it ran in all
	/// @show duration
	unsigned long long time;
};

#endif
