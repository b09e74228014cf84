/**
 * The coding agents, as {@code agents.yaml} describes them.
 *
 * <p>Start with {@link dev.interlock.agents.CodingAgent}. A new agent is a part of that file; it needs code only if it
 * names its servers of MCP in a form of its own.
 */
@NullMarked
package dev.interlock.agents;

import org.jspecify.annotations.NullMarked;
