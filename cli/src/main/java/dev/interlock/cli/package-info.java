/**
 * The command line. It is thin: every command parses its arguments, calls the daemon through the administrative socket
 * or one package, and prints. It decides nothing. Start with {@link dev.interlock.cli.InterlockCommand}, which lists
 * all commands.
 */
@NullMarked
package dev.interlock.cli;

import org.jspecify.annotations.NullMarked;
