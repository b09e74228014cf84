/**
 * Facts that only Linux can tell: who could have written a file, which process is which, and what is mounted where.
 * Also private files, which only their owner may read.
 *
 * <p>It must not know any other package. Start with {@link TrustedFiles}.
 */
@NullMarked
package dev.interlock.linux;

import org.jspecify.annotations.NullMarked;
