// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Drops the packets that come to one port, where they enter the machine (XDP), and prints a line for each. Without a
 * port it drops nothing. It ends, and packets pass again, when the program ends.
 */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "xdpdrop.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define FAMILY_IPV4 2
#define FAMILY_IPV6 10

/// @description Drop what comes to this port; 0 drops nothing
/// @cmdarg {"default": 0, "long": "port", "short": "p"}
const volatile unsigned short target_port = 0;

/// @description Drop only packets of this protocol: TCP, UDP or BOTH
/// @cmdarg {"default": "BOTH", "long": "protocol"}
const volatile enum protocol target_protocol = BOTH;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* Packets that were dropped, but whose events found the ring buffer full. */
__u64 lost_events;

/* A packet as far as it is looked at; ports stand at the same place in both protocols. */
struct packet {
	unsigned short family;
	__u8 protocol;
	void *addresses; /* of the sender, then of the receiver */
	__be16 *ports;
};

static __always_inline bool parse(void *data, void *end, struct packet *packet)
{
	struct ethhdr *link = data;

	if ((void *)(link + 1) > end)
		return false;
	if (link->h_proto == bpf_htons(ETHERTYPE_IPV4)) {
		struct iphdr *ip = (void *)(link + 1);

		if ((void *)(ip + 1) > end || ip->ihl < 5 || ip->frag_off & bpf_htons(0x1fff))
			return false;
		packet->family = FAMILY_IPV4;
		packet->protocol = ip->protocol;
		packet->addresses = &ip->saddr;
		packet->ports = (void *)ip + ip->ihl * 4;
	} else if (link->h_proto == bpf_htons(ETHERTYPE_IPV6)) {
		struct ipv6hdr *ip = (void *)(link + 1);

		if ((void *)(ip + 1) > end)
			return false;
		packet->family = FAMILY_IPV6;
		packet->protocol = ip->nexthdr;
		packet->addresses = &ip->saddr;
		packet->ports = (void *)(ip + 1);
	} else {
		return false;
	}
	return (void *)(packet->ports + 2) <= end;
}

static __always_inline void tell(const struct packet *packet, unsigned int size)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->protocol = packet->protocol;
	e->size = size;
	e->family = packet->family;
	e->sport = bpf_ntohs(packet->ports[0]);
	e->dport = bpf_ntohs(packet->ports[1]);
	if (packet->family == FAMILY_IPV4) {
		__builtin_memcpy(e->saddr, packet->addresses, 4);
		__builtin_memcpy(e->daddr, packet->addresses + 4, 4);
	} else {
		__builtin_memcpy(e->saddr, packet->addresses, 16);
		__builtin_memcpy(e->daddr, packet->addresses + 16, 16);
	}
	bpf_ringbuf_submit(e, 0);
}

SEC("xdp")
int drops(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct packet packet;

	if (!target_port || !parse(data, end, &packet))
		return XDP_PASS;
	if (packet.protocol != TCP && packet.protocol != UDP)
		return XDP_PASS;
	if (target_protocol != BOTH && target_protocol != packet.protocol)
		return XDP_PASS;
	if (packet.ports[1] != bpf_htons(target_port))
		return XDP_PASS;
	tell(&packet, end - data);
	return XDP_DROP;
}

/// @description Drops the packets that come to a port, before the network stack sees them
char LICENSE[] SEC("license") = "GPL";
