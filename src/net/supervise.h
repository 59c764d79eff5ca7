/* What child.c and supervise.c agree on. */
#ifndef NET_SUPERVISE_H
#define NET_SUPERVISE_H

#define SUPERVISE_WORD "--supervise-child" /* the hidden argument; the program and its arguments follow */
#define SUPERVISE_FD 3                     /* our end of the socket */

#endif
