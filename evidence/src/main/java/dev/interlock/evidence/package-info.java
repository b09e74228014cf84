/**
 * The formats that outlive the gateway, and a verifier that needs nothing else.
 *
 * <p>This package knows nothing of the gateway or of policy, and depends on the JDK alone. Of HTTP it knows what a
 * witness answers. Keys always come from outside, never from what is being checked.
 */
@NullMarked
package dev.interlock.evidence;

import org.jspecify.annotations.NullMarked;
