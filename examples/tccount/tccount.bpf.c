// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Counts what passes an interface, by peer and protocol: two classifiers of traffic control (TC), one for each
 * direction, which let everything pass. Sizes are those of whole packets, with the headers below IP.
 */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "tccount.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define FAMILY_IPV4 2
#define FAMILY_IPV6 10
#define FROM_NETWORK_HEADER 1 /* enum bpf_hdr_start_off */
#define GO_ON -1 /* TC_ACT_UNSPEC: whatever would happen without this program */

/// @sample {"interval": 1000, "type": "default_kv"}
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct peer);
	__type(value, struct traffic);
} peers SEC(".maps");

static __always_inline bool find_peer(struct __sk_buff *skb, bool comes, struct peer *peer)
{
	if (skb->protocol == bpf_htons(ETHERTYPE_IPV4)) {
		struct iphdr ip;

		if (bpf_skb_load_bytes_relative(skb, 0, &ip, sizeof(ip), FROM_NETWORK_HEADER))
			return false;
		peer->family = FAMILY_IPV4;
		peer->protocol = ip.protocol;
		__builtin_memcpy(peer->address, comes ? &ip.saddr : &ip.daddr, 4);
		return true;
	}
	if (skb->protocol == bpf_htons(ETHERTYPE_IPV6)) {
		struct ipv6hdr ip;

		if (bpf_skb_load_bytes_relative(skb, 0, &ip, sizeof(ip), FROM_NETWORK_HEADER))
			return false;
		peer->family = FAMILY_IPV6;
		peer->protocol = ip.nexthdr;
		__builtin_memcpy(peer->address, comes ? &ip.saddr : &ip.daddr, 16);
		return true;
	}
	return false;
}

static __always_inline int count(struct __sk_buff *skb, bool comes)
{
	struct traffic nothing = {}, *traffic;
	struct peer peer = {};

	if (!find_peer(skb, comes, &peer))
		return GO_ON;
	traffic = bpf_map_lookup_elem(&peers, &peer);
	if (!traffic) {
		bpf_map_update_elem(&peers, &peer, &nothing, BPF_NOEXIST);
		traffic = bpf_map_lookup_elem(&peers, &peer);
	}
	if (!traffic)
		return GO_ON;
	__sync_fetch_and_add(comes ? &traffic->packets_in : &traffic->packets_out, 1);
	__sync_fetch_and_add(comes ? &traffic->bytes_in : &traffic->bytes_out, skb->len);
	return GO_ON;
}

/// @attach {"direction": "ingress"}
SEC("tc")
int comes(struct __sk_buff *skb)
{
	return count(skb, true);
}

/// @attach {"direction": "egress"}
SEC("tc")
int goes(struct __sk_buff *skb)
{
	return count(skb, false);
}

/// @description Counts the bytes and packets that pass an interface, by peer and protocol
char LICENSE[] SEC("license") = "GPL";
