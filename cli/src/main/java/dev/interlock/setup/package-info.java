/**
 * What {@code interlock setup} finds, proposes and does: coding agents, resources of a provider by name, environments,
 * and steps that can be undone.
 *
 * <p>It must not know the command line, nor how a step is done. Start with {@link dev.interlock.setup.SetupRun}, which
 * performs steps, records them, and undoes them.
 */
@NullMarked
package dev.interlock.setup;

import org.jspecify.annotations.NullMarked;
