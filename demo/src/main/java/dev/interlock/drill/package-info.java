/**
 * Incidents, replayed against the program as its users run it: processes, sockets, files.
 *
 * <p>A drill judges by the provider's own counters and by the SHA-256 of files on disk, never by the answers of
 * Interlock or the agent. It uses the program's packages only to set the stage, never to judge. Start with
 * {@link dev.interlock.drill.Demo}, then {@code Judge}, which holds every rule by which a step is green or red.
 */
@NullMarked
package dev.interlock.drill;

import org.jspecify.annotations.NullMarked;
