/**
 * The administrative socket: how people and the launcher ask the daemon for anything.
 *
 * <p>Everybody on the host may connect, so that a try by the wrong user can be seen and recorded; only entitled users
 * are answered. The kernel identifies a peer, never what the peer sends. No sandbox mounts the socket and no lease
 * opens it.
 *
 * <p>Start with {@link dev.interlock.admin.AdminServer}, which reads requests, and
 * {@link dev.interlock.admin.Administration}, which registers all commands. Each
 * {@link dev.interlock.admin.CommandGroup} declares its own, here or where its work is done.
 */
@NullMarked
package dev.interlock.admin;

import org.jspecify.annotations.NullMarked;
