/* A program for x86-64 with one static probe, tests:reached, laid out as <sys/sdt.h> does; it ends with status 7. */
#define PROBE                                                             \
    "990: nop\n"                                                          \
    ".pushsection .note.stapsdt, \"\", \"note\"\n"                        \
    ".balign 4\n"                                                         \
    ".4byte 992f - 991f, 994f - 993f, 3\n"                                \
    "991: .asciz \"stapsdt\"\n"                                           \
    "992: .balign 4\n"                                                    \
    "993: .8byte 990b, base_of_probes, 0\n"                               \
    ".asciz \"tests\"\n.asciz \"reached\"\n.asciz \"-4@$7\"\n"            \
    "994: .balign 4\n"                                                    \
    ".popsection\n"                                                       \
    ".pushsection .stapsdt.base, \"a\", \"progbits\"\n"                   \
    "base_of_probes: .space 1\n"                                          \
    ".popsection\n"

void _start(void)
{
    __asm__ volatile(PROBE "mov $60, %eax\n mov $7, %edi\n syscall\n");
}
