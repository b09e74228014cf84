/**
 * Incidents, replayed against the program as its users run it: processes, sockets, files.
 *
 * <p>A drill judges by the provider's own counters and by the SHA-256 of files on disk, never by the answers of
 * Interlock or the agent. It must not use the gateway's packages: it does only what a user can do. Start with
 * {@link dev.interlock.drill.Demo}, then {@code Judge}, which holds every rule by which a step is green or red.
 */
@NullMarked
package dev.interlock.drill;

import org.jspecify.annotations.NullMarked;
