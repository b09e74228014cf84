/**
 * The administrative socket: leases, holds, seals, the vault and the kill switch, for entitled people of this host.
 *
 * <p>No sandbox mounts it and no lease opens it. Start with {@link dev.interlock.admin.AdminClient}.
 */
@NullMarked
package dev.interlock.admin;

import org.jspecify.annotations.NullMarked;
