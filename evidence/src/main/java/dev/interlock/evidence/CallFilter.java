package dev.interlock.evidence;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Optional;

/** The calls that are asked for: from {@code since} until before {@code until}, of one agent, with one verdict. */
public record CallFilter(
        Optional<Instant> since, Optional<Instant> until, Optional<String> agent, Optional<CallVerdict> verdict) {

    public CallFilter {
        if (since.isPresent() && until.filter(end -> !since.get().isBefore(end)).isPresent()) {
            throw new IllegalArgumentException("no call is from " + since.get() + " on and before " + until.get());
        }
    }

    /** Reads a time, or a day, which begins at midnight UTC. */
    public static Instant time(String text) {
        try {
            return text.length() == "2026-11-20".length()
                    ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
                    : Instant.parse(text);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(
                    "`" + text + "` is neither a day such as 2026-11-20 nor a time such as 2026-11-20T12:00:00Z", e);
        }
    }

    public boolean isWithin(Instant at) {
        return since.filter(at::isBefore).isEmpty()
                && until.filter(end -> !at.isBefore(end)).isEmpty();
    }

    /** Returns whether it is of the agent; without one, of any. Refused probes of the gateway itself are left out. */
    boolean isOfAgent(Receipt receipt) {
        return agent.map(name -> receipt.agent().equals(agent))
                .orElseGet(() -> receipt.kind() != Receipt.Kind.REFUSED
                        || !receipt.agent().equals(Optional.of(Receipt.PROBE)));
    }

    boolean matches(Receipt call) {
        return isWithin(call.at()) && isOfAgent(call) && (verdict.isEmpty() || verdict.equals(CallVerdict.of(call)));
    }

    Json.Members json() {
        return Json.object()
                .withOptional("since", since.map(Instant::toString))
                .withOptional("until", until.map(Instant::toString))
                .withOptional("agent", agent)
                .withOptional("verdict", verdict.map(CallVerdict::word));
    }
}
