/**
 * Reports how well the gateway protects: its status, what one call could cost, restored backups and drills.
 *
 * <p>Nothing that decides about a call depends on it. Start with {@link dev.interlock.readiness.GatewayStatus} and
 * {@link dev.interlock.readiness.AttestedBackups}.
 */
@NullMarked
package dev.interlock.readiness;

import org.jspecify.annotations.NullMarked;
