/**
 * Incidents, replayed against the program as its users run it: processes, sockets, files.
 *
 * <p>A drill judges by the provider's own counters and by the SHA-256 of files on disk, never by what Interlock or the
 * agent says. It must not reach into the gateway's rooms: whatever a user cannot do, a drill does not do either. Start
 * with {@link dev.interlock.drill.Demo}, then {@code Judge}, which holds every rule by which a step is green or red.
 */
@NullMarked
package dev.interlock.drill;

import org.jspecify.annotations.NullMarked;
