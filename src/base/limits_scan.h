/* The limits of `gatehouse scan`: a part of limits.h, which includes it. */
#ifndef BASE_LIMITS_SCAN_H
#define BASE_LIMITS_SCAN_H

/* Files of a repository that are looked at, and entries of its folders on the way to them: a large
 * repository has some hundred thousand. More: the command asks for the folders that matter. */
#define LIMIT_SCAN_FILES   5000
#define LIMIT_SCAN_ENTRIES 2000000

/* One of these files: a list of a thousand tools has a megabyte. Larger: it counts as unreadable. */
#define LIMIT_SCAN_FILE_BYTES (64u << 20)

/* A report of `gatehouse scan`: memory of all its text; findings, tools and servers that are kept; notes
 * of what was not looked at. More: it says that it is cut, and fails. */
#define LIMIT_REPORT_BYTES    (256u << 20)
#define LIMIT_REPORT_FINDINGS 50000
#define LIMIT_REPORT_TOOLS    100000
#define LIMIT_REPORT_SERVERS  10000
#define LIMIT_REPORT_NOTES    100

/* A name of a stranger in it, in bytes: names of tools that are longer are refused anyway. */
#define LIMIT_REPORT_NAME 200

/* Definitions that are held against those of other servers: bytes that are read for it, and tools, each
 * with each. More: every server is looked at alone, which the report says. */
#define LIMIT_REPORT_PEERS	(16u << 20)
#define LIMIT_REPORT_PEER_TOOLS 2000

/* Results of a run that code scanning stores; the most severe are told first, and the rest is counted. */
#define LIMIT_REPORT_RESULTS 5000

/* Characters of a comment in a pull request: GitHub takes 65,536. The rest of the table is counted. */
#define LIMIT_REPORT_MARKDOWN 65000

#endif
