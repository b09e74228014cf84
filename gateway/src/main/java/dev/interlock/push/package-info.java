/**
 * Notifications of waiting holds to people's browsers by the browsers' own push services (RFC 8030). Their content is
 * encrypted for one browser (RFC 8188, RFC 8291), and the gateway identifies itself by a key of its own (RFC 8292).
 *
 * <p>A notification informs, and nothing rests on it: no decision waits for one, and none confirms anything. This
 * package must not know holds, seals, sessions or pages. Start with {@link dev.interlock.push.HoldNotifier}, which
 * sends, and {@link dev.interlock.push.Devices}, the browsers that it sends to. {@code MessageEncryption} and
 * {@code VapidKey} are the only classes with cryptography; it is the JDK's.
 */
@NullMarked
package dev.interlock.push;

import org.jspecify.annotations.NullMarked;
