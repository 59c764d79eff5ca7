/* Hands the command line to cli/ and returns its exit code; or is the supervisor of a child. */
#include "cli/cli.h"
#include "net/child.h"

int main(int argc, char **argv)
{
	child_supervise(argc, argv);
	return cli_main(argc, argv);
}
