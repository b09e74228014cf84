/**
 * The command line: thin. Every command parses its arguments, asks the daemon through the administrative socket or one
 * room, and prints; it decides nothing. Start with {@link dev.interlock.cli.InterlockCommand}, which lists them all.
 */
@NullMarked
package dev.interlock.cli;

import org.jspecify.annotations.NullMarked;
