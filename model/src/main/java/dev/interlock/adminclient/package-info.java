/**
 * The client of the administrative socket. The command line and the sandbox launcher use it to query a running gateway.
 *
 * <p>It must not know the server's commands. Start with {@link AdminClient}.
 */
@NullMarked
package dev.interlock.adminclient;

import org.jspecify.annotations.NullMarked;
