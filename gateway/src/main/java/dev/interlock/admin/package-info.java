/**
 * The administrative socket: how people and the launcher ask the daemon for anything.
 *
 * <p>Anyone on the host may connect, so that an attempt by the wrong user can be seen and recorded; only entitled users
 * are answered. Who a peer is comes from the kernel, never from what it says. No sandbox mounts the socket and no lease
 * opens it. Start with {@link dev.interlock.admin.AdminServer}; every command is one line of
 * {@link dev.interlock.admin.Commands}.
 */
@NullMarked
package dev.interlock.admin;

import org.jspecify.annotations.NullMarked;
