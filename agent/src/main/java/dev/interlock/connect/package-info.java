/**
 * What an agent that cannot run in a sandbox is told, in its own settings, so that it asks the gateway.
 *
 * <p>It must not know who asks, and writes no lease and no other secret. A file that it does not understand whole is
 * left alone. Start with {@link dev.interlock.connect.AgentProgram}, which says what goes where;
 * {@link dev.interlock.connect.Connection} writes it and takes it back.
 */
@NullMarked
package dev.interlock.connect;

import org.jspecify.annotations.NullMarked;
