/**
 * What {@code interlock setup} finds and proposes, and steps that can be undone. It must not know the command line, nor
 * how a step is done. Start with {@link dev.interlock.setup.SetupRun}.
 */
@NullMarked
package dev.interlock.setup;

import org.jspecify.annotations.NullMarked;
