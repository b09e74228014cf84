package dev.interlock.undo;

import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The state before one call.
 *
 * @param receipt the receipt of the call's intent
 * @param subject a digest of what was read; equal for calls that change the same state, and empty if that is any state
 *     at the upstream
 * @param content the call and the state, as JSON; it may hold secrets
 */
public record KeptState(
        String receipt, LeaseScope scope, String upstream, String subject, Instant at, Instant until, Bytes content) {

    /** The lease of a call, as far as an undo of that call needs it. */
    public record LeaseScope(
            String root,
            String agent,
            String task,
            Optional<String> template,
            Set<String> environments,
            Set<Impact> impacts) {
        public LeaseScope {
            environments = Collections.unmodifiableSet(new TreeSet<>(environments));
            impacts = Collections.unmodifiableSet(EnumSet.copyOf(impacts));
        }
    }

    /** {@inheritDoc} The content is not shown. */
    @Override
    public String toString() {
        return "state before " + receipt;
    }
}
