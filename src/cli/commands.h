/* The commands. Each gets the arguments after its name and returns an exit code. */
#ifndef NTK_CLI_COMMANDS_H
#define NTK_CLI_COMMANDS_H

int command_predict(int argc, char **argv);
int command_kernel(int argc, char **argv);
int command_info(int argc, char **argv);

#endif
