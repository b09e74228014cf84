/**
 * Which credentials an agent could find on this machine: in its workspace, in git's history, in the environment it
 * would inherit, and in the files below the home directory where tools keep their logins.
 *
 * <p>It must not know what becomes of them, nor ever print one. What is recognised is data: {@code credentials.yaml}.
 * Start with {@link dev.interlock.adopt.Survey}; {@link dev.interlock.adopt.Scan} reads one stream of bytes.
 */
@NullMarked
package dev.interlock.adopt;

import org.jspecify.annotations.NullMarked;
