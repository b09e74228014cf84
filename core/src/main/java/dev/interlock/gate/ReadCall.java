package dev.interlock.gate;

import dev.interlock.action.Attempt;
import dev.interlock.action.Lease;
import dev.interlock.action.Seal;
import dev.interlock.catalog.CallReader;
import dev.interlock.inventory.Freshness;

/**
 * A call of a known caller to a known upstream.
 *
 * @param seal the seal under which it is resolved
 * @param upstream where it would go
 * @param reader reads the calls to that
 * @param lease the caller's
 * @param freshness how new the provider's answers must be
 */
record ReadCall(
        Seal seal, Seal.Upstream upstream, CallReader reader, Lease lease, Attempt attempt, Freshness freshness) {}
