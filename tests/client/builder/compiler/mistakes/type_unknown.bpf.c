/* help: #include "vmlinux.h" */

u32 count; /* here */
