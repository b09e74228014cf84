/**
 * The settings of agents that cannot run in a sandbox, changed so that they use the gateway.
 *
 * <p>This package must not know who asks, and writes no lease and no other secret. A file that it cannot parse
 * completely is left alone. Start with {@link dev.interlock.connect.AgentTargets}, which has the settings of each
 * agent; {@link dev.interlock.connect.AgentConnection} writes and undoes them.
 */
@NullMarked
package dev.interlock.connect;

import org.jspecify.annotations.NullMarked;
