/**
 * How the processes of this program start and end: the class path of each, its exit codes, and the message for an
 * exception that ends it.
 *
 * <p>It must not know what the processes do. Start with {@link ProgramFailure}.
 */
@NullMarked
package dev.interlock.program;

import org.jspecify.annotations.NullMarked;
