/**
 * Servers of MCP that are programs (stdio), each behind an HTTP endpoint that only the holder of its token may use.
 *
 * <p>The package carries messages and judges none: it must not know the gateway, policies, leases or how a program is
 * confined. It gets programs that somebody else starts. Start with {@link dev.interlock.stdio.StdioBridge}; one
 * {@code StdioSession} is one session with a program of its own.
 */
@NullMarked
package dev.interlock.stdio;

import org.jspecify.annotations.NullMarked;
