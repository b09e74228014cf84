/**
 * The recovery kit: what nobody can make again once a machine is lost, as one encrypted text that can be printed. Begin
 * with {@link dev.interlock.recovery.Recovery}, which chooses the files; the other classes know nothing of their
 * content.
 */
@NullMarked
package dev.interlock.recovery;

import org.jspecify.annotations.NullMarked;
