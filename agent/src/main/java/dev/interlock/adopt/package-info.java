/**
 * Finds the credentials that an agent could find on this machine. It searches the workspace, git's history, the
 * environment that an agent would inherit, and the files below the home directory where tools store their logins.
 *
 * <p>This package must not know what becomes of them, nor ever print one. How they look is in {@code shapes}. Start
 * with {@link dev.interlock.adopt.CredentialSurvey}; {@link dev.interlock.adopt.CredentialScanner} reads one stream of
 * bytes.
 */
@NullMarked
package dev.interlock.adopt;

import org.jspecify.annotations.NullMarked;
