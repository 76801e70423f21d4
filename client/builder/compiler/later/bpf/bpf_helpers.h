/* libbpf's header, whatever its version, and what later versions of it define besides: kernels know it already. */

#include_next <bpf/bpf_helpers.h>

#ifndef __EBPFHUB_LATER_HELPERS
#define __EBPFHUB_LATER_HELPERS

/* Whether the kernel has a function or variable that is declared __weak __ksym. */
#ifndef bpf_ksym_exists
#define bpf_ksym_exists(symbol) (!!(symbol))
#endif

/* Loops over an open-coded iterator (Linux 6.4). It is destroyed where its loop is left, by break and return too. */
#ifndef bpf_for_each
#define bpf_for_each(kind, item, args...) \
	for (__ebpfhub_iterator(kind, ##args); ((item) = bpf_iter_##kind##_next(&__ebpfhub_at));)
#endif

#define __ebpfhub_iterator(kind, args...) \
	struct bpf_iter_##kind __ebpfhub_at __attribute__((aligned(8), cleanup(bpf_iter_##kind##_destroy))), \
		*__ebpfhub_begun __attribute__((unused)) = (bpf_iter_##kind##_new(&__ebpfhub_at, ##args), &__ebpfhub_at)

#ifndef bpf_for
struct bpf_iter_num;
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __weak __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __weak __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __weak __ksym;

/* The comparisons tell the verifier what it does not know of a number in memory. */
#define bpf_for(i, start, end) \
	for (__ebpfhub_iterator(num, (start), (end)); ({ \
		     const int *__ebpfhub_next = bpf_iter_num_next(&__ebpfhub_at); \
		     __ebpfhub_next && ((i) = *__ebpfhub_next, (i) >= (start) && (i) < (end)); \
	     });)
#endif

#ifndef bpf_repeat
#define bpf_repeat(times) for (__ebpfhub_iterator(num, 0, (times)); bpf_iter_num_next(&__ebpfhub_at);)
#endif

/* A map's attribute of more than 32 bits, such as an arena's address. */
#ifndef __ulong
#define __ebpfhub_number(number) __ebpfhub_number_##number
#define __ebpfhub_enum(number) __ebpfhub_number(number)
#define __ulong(name, value) enum { __ebpfhub_enum(__COUNTER__) = value } name
#endif

#ifndef __kptr_untrusted
#define __kptr_untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#endif
#ifndef __percpu_kptr
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#endif

/* What the verifier may take of a global function's argument. */
#ifndef __arg_ctx
#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))
#endif
#ifndef __arg_nonnull
#define __arg_nonnull __attribute__((btf_decl_tag("arg:nonnull")))
#endif
#ifndef __arg_nullable
#define __arg_nullable __attribute__((btf_decl_tag("arg:nullable")))
#endif
#ifndef __arg_trusted
#define __arg_trusted __attribute__((btf_decl_tag("arg:trusted")))
#endif

#endif
