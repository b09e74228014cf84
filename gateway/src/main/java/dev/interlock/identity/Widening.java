package dev.interlock.identity;

import dev.interlock.action.Elevation;
import java.time.Instant;

/**
 * That people have widened a lease for a while. It lasts no longer than the lease, and no longer than the seal under
 * which they signed: whoever seals anew may have meant to end it.
 *
 * @param hold by which; it widens once
 * @param lease the one that asked; not those derived from it
 * @param seal the id of the seal in force then
 * @param until when it ends by itself
 */
public record Widening(String hold, String lease, String seal, Elevation elevation, Instant until) {}
