/**
 * The recovery kit. It holds everything that nobody can make again once a machine is lost. It is one encrypted text
 * that can be printed, together with the code that opens it.
 *
 * <p>This package handles files and knows nothing of their content. The code that makes or tests a kit decides which
 * files belong in it and whether they are valid. Begin with {@link dev.interlock.recovery.RecoveryKit}, then
 * {@link dev.interlock.recovery.EncryptedKit}.
 */
@NullMarked
package dev.interlock.recovery;

import org.jspecify.annotations.NullMarked;
