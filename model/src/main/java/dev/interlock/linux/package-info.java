/**
 * Facts that only Linux knows: who could have written a file, and which process is which.
 *
 * <p>It must not know any other package. Start with {@link TrustedFiles}.
 */
@NullMarked
package dev.interlock.linux;

import org.jspecify.annotations.NullMarked;
