/**
 * The recovery kit. It holds everything that nobody can make again once a machine is lost. It is one encrypted text
 * that can be printed, together with the code that opens it.
 *
 * <p>{@link dev.interlock.recovery.RecoveryKit} and {@link dev.interlock.recovery.EncryptedKit} handle files and know
 * nothing of their content. {@link dev.interlock.recovery.Recovery} chooses the files of a kit and verifies them. Begin
 * with {@code Recovery}.
 */
@NullMarked
package dev.interlock.recovery;

import org.jspecify.annotations.NullMarked;
