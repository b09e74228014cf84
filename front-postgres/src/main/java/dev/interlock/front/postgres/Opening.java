package dev.interlock.front.postgres;

import dev.interlock.action.Action;
import dev.interlock.action.Attempt;
import dev.interlock.action.Attempt.PresentedCredential;
import dev.interlock.action.Bytes;
import dev.interlock.action.Header;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Resource;
import dev.interlock.action.Reversibility;
import dev.interlock.action.Seal;
import dev.interlock.gate.DryRun;
import dev.interlock.gate.LocalUpstream;
import dev.interlock.gate.NotSentException;
import dev.interlock.gate.Outcome;
import dev.interlock.gate.ProbeMarks;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The question to the gate for a session of {@code lease}: what may it do at most, and as which role? */
record Opening(FrontParts parts, Seal.Upstream upstream, List<PresentedCredential> lease, Optional<String> place) {

    /** Returns what a probe asks for: to destroy {@code name}, which is not there. */
    static SqlCall probe(Seal.Upstream upstream, String name) {
        String database = ServerConnection.database(upstream.address());
        Action action = new Action(
                new Operation(ActionWriter.PROVIDER, "drop-table"),
                Set.of(Impact.DESTROY),
                Reversibility.IRREVERSIBLE,
                Set.of(new Resource(ActionWriter.PROVIDER, "table", database + ".public." + name)),
                List.of());
        return new SqlCall(
                ServerConnection.authority(upstream.address()),
                database,
                List.of("DROP TABLE public.\"" + name + "\""),
                Bytes.empty(),
                List.of(action));
    }

    /** Asks the gate about a probe, which is never sent. */
    Outcome<String> askProbe() {
        return parts.gate()
                .handle(attempt(probe(upstream, ProbeMarks.NAME)).probe(), (LocalUpstream<String>) (_, _) -> {
                    throw new NotSentException("a probe is never sent");
                });
    }

    Attempt attempt(Impact impact, boolean isDryRun) {
        URI address = upstream.address();
        Action action = new Action(
                new Operation(ActionWriter.PROVIDER, "connect"),
                Set.of(impact),
                Reversibility.REVERSIBLE,
                Set.of(new Resource(ActionWriter.PROVIDER, "database", ServerConnection.database(address))),
                List.of());
        SqlCall call = new SqlCall(
                ServerConnection.authority(address),
                ServerConnection.database(address),
                List.of(),
                Bytes.empty(),
                List.of(action));
        return isDryRun ? attempt(call).dryRun().probe() : attempt(call);
    }

    private Attempt attempt(SqlCall call) {
        return new Attempt(upstream.name(), lease, place, call, parts.now());
    }

    /**
     * Returns whether the lease may do so much to the database at all; the agent has asked nothing, and none is told.
     */
    DryRun.Prediction prediction(Impact impact) {
        return parts.gate().handle(attempt(impact, true), key()) instanceof Outcome.DryRunOutcome<String> dryRun
                ? dryRun.trial().would()
                : DryRun.Prediction.UNCERTAIN; // the session itself will be refused, with the reason
    }

    /** Returns whether the lease may still read something of the database, as when the session began. */
    boolean mayStillRead() {
        return parts.gate().handle(attempt(Impact.READ, true), key()) instanceof Outcome.DryRunOutcome<String> dryRun
                && dryRun.trial().would() != DryRun.Prediction.REFUSE;
    }

    /** Returns whether no credential is for reading and writing alike. */
    boolean hasRoleForWriting() {
        return upstream.credentials().stream()
                        .noneMatch(slot -> slot.impacts().containsAll(Set.of(Impact.READ, Impact.WRITE)))
                && upstream.credentials().stream()
                        .anyMatch(slot -> slot.impacts().contains(Impact.WRITE));
    }

    /** Returns the credential for writing, if the gate opens it. */
    Optional<String> roleForWriting() {
        if (parts.gate().handle(attempt(Impact.WRITE, false), key()) instanceof Outcome.Forwarded<String> forwarded) {
            forwarded.flight().close();
            return Optional.of(forwarded.answer());
        }
        return Optional.empty();
    }

    private LocalUpstream<String> key() {
        return (_, credential) -> credential
                .headerFor(upstream.address())
                .map(Header::value)
                .orElseThrow(() -> new NotSentException("the upstream has no credential"));
    }
}
