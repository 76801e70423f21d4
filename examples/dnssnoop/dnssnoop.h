/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef DNSSNOOP_H
#define DNSSNOOP_H

#define NAME_SIZE 128 /* with the NUL; longer names are cut; a power of two */

enum what { QUESTION, ANSWER };
enum question { A = 1, NS = 2, CNAME = 5, SOA = 6, PTR = 12, MX = 15, TXT = 16, AAAA = 28, SRV = 33, HTTPS = 65, ANY = 255 };
enum reply { NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED };

struct event {
	/// Whether it asks or answers
	enum what what;
	/// What is asked for
	enum question type;
	/// What the server answers
	enum reply reply;
	/// How many answers there are
	unsigned short answers;
	/// Number that joins question and answer
	unsigned short id;
	/// 2 is IPv4, 10 is IPv6
	unsigned short family;
	/// Port that it comes from
	unsigned short sport;
	/// Port that it goes to
	unsigned short dport;
	/// Address that it comes from
	/// @show ip
	unsigned char saddr[16];
	/// Address that it goes to
	/// @show ip
	unsigned char daddr[16];
	/// Name that is asked for
	char name[NAME_SIZE];
};

#endif
