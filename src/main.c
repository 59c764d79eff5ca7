/* Hands the command line to cli/ and returns its exit code. */
#include "cli/cli.h"

int main(int argc, char **argv)
{
	return cli_main(argc, argv);
}
