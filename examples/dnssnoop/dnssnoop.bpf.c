// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each DNS message over UDP that passes an interface (RFC 1035, section 4.1). A filter on a socket that
 * hears everything reads the packet and keeps none: the traffic itself is not touched.
 */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "dnssnoop.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define IPPROTO_OF_UDP 17
#define FAMILY_IPV4 2
#define FAMILY_IPV6 10
#define FROM_NETWORK_HEADER 1 /* enum bpf_hdr_start_off */

/// @description Port of the servers
/// @cmdarg {"default": 53, "long": "port", "short": "p"}
const volatile unsigned short server_port = 53;

struct dns_header {
	__be16 id, flags, questions, answers, authorities, additionals;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* Events that found the ring buffer full. */
__u64 lost_events;

/* Where the UDP header stands, from the network header on; 0 if there is none. */
static __always_inline __u32 network(struct __sk_buff *skb, struct event *e)
{
	if (skb->protocol == bpf_htons(ETHERTYPE_IPV4)) {
		struct iphdr ip;

		if (bpf_skb_load_bytes_relative(skb, 0, &ip, sizeof(ip), FROM_NETWORK_HEADER))
			return 0;
		if (ip.protocol != IPPROTO_OF_UDP || ip.frag_off & bpf_htons(0x1fff))
			return 0;
		e->family = FAMILY_IPV4;
		__builtin_memcpy(e->saddr, &ip.saddr, 4);
		__builtin_memcpy(e->daddr, &ip.daddr, 4);
		return ip.ihl * 4;
	}
	if (skb->protocol == bpf_htons(ETHERTYPE_IPV6)) {
		struct ipv6hdr ip;

		if (bpf_skb_load_bytes_relative(skb, 0, &ip, sizeof(ip), FROM_NETWORK_HEADER))
			return 0;
		if (ip.nexthdr != IPPROTO_OF_UDP)
			return 0;
		e->family = FAMILY_IPV6;
		__builtin_memcpy(e->saddr, &ip.saddr, 16);
		__builtin_memcpy(e->daddr, &ip.daddr, 16);
		return sizeof(ip);
	}
	return 0;
}

/* Labels with their lengths before them become a name with dots; returns where its end was. */
static __always_inline __u32 name_from(const unsigned char *labels, char *name)
{
	__u32 left = 0, i;

	for (i = 0; i < NAME_SIZE - 1; i++) {
		unsigned char byte = labels[i];

		if (left) {
			name[i ? i - 1 : 0] = byte;
			left--;
			continue;
		}
		if (!byte || byte > 63)
			break;
		if (i)
			name[i - 1] = '.';
		left = byte;
	}
	return i;
}

static __always_inline bool message(struct __sk_buff *skb, __u32 at, __u32 size, struct event *e)
{
	unsigned char labels[NAME_SIZE] = {};
	struct dns_header dns;
	__u32 left, end;
	__be16 type;

	if (bpf_skb_load_bytes_relative(skb, at, &dns, sizeof(dns), FROM_NETWORK_HEADER) || !dns.questions)
		return false;
	e->id = bpf_ntohs(dns.id);
	e->what = dns.flags & bpf_htons(0x8000) ? ANSWER : QUESTION;
	e->reply = bpf_ntohs(dns.flags) & 15;
	e->answers = bpf_ntohs(dns.answers);
	if (size <= sizeof(dns))
		return false;
	left = size - sizeof(dns);
	barrier_var(left); /* so that the compiler keeps the check, which the verifier wants */
	if (left > NAME_SIZE - 1)
		left = NAME_SIZE - 1;
	/* With the byte before it there is always one byte at least, which older verifiers want to be sure of. */
	if (bpf_skb_load_bytes_relative(skb, at + sizeof(dns) - 1, labels, left + 1, FROM_NETWORK_HEADER))
		return false;
	end = name_from(labels + 1, e->name);
	if (!bpf_skb_load_bytes_relative(skb, at + sizeof(dns) + end + 1, &type, sizeof(type), FROM_NETWORK_HEADER))
		e->type = bpf_ntohs(type);
	return true;
}

SEC("socket")
int hears(struct __sk_buff *skb)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	struct udphdr udp;
	__u32 at;

	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return 0;
	}
	__builtin_memset(e, 0, sizeof(*e));
	at = network(skb, e);
	if (!at || bpf_skb_load_bytes_relative(skb, at, &udp, sizeof(udp), FROM_NETWORK_HEADER))
		goto nothing;
	e->sport = bpf_ntohs(udp.source);
	e->dport = bpf_ntohs(udp.dest);
	if (e->sport != server_port && e->dport != server_port)
		goto nothing;
	if (!message(skb, at + sizeof(udp), bpf_ntohs(udp.len) - sizeof(udp), e))
		goto nothing;
	bpf_ringbuf_submit(e, 0);
	return 0; /* no byte of the packet goes to the socket */
nothing:
	bpf_ringbuf_discard(e, 0);
	return 0;
}

/// @description Shows the DNS questions and answers that pass an interface
char LICENSE[] SEC("license") = "GPL";
