package dev.interlock.adminapi;

import dev.interlock.action.ExecutedPaths;
import dev.interlock.action.LocalService;
import dev.interlock.action.MaskedCredential;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Questions about leases. */
public sealed interface LeaseQuestion<A extends Record> extends Question<A> {

    @AdminCommand(
            name = "lease.prepare",
            users = Entitlement.AGENT_USERS,
            about = "`statement` is to be signed in `interlock-lease@v1`")
    record PrepareLease(@Flat LeaseTerms terms) implements LeaseQuestion<StatementToSign>, AgentNaming {
        @Override
        public Optional<String> namedAgent() {
            return terms.agent();
        }
    }

    @AdminCommand(
            name = "lease.issue",
            users = Entitlement.AGENT_USERS,
            receipt = "after",
            about =
                    "As `lease.prepare`; or `statement` and `signature`, and nothing else. `tasks` are those of the seal, if its task is none of them; `next` is the next step, if perhaps nobody can approve its calls yet")
    record IssueLease(
            @Flat Optional<LeaseTerms> terms, @Flat Optional<SignedStatement> signed)
            implements LeaseQuestion<IssuedLease>, AgentNaming {

        public IssueLease {
            requireOne(terms, signed);
        }

        public IssueLease(LeaseTerms terms) {
            this(Optional.of(terms), Optional.empty());
        }

        public IssueLease(SignedStatement signed) {
            this(Optional.empty(), Optional.of(signed));
        }

        @Override
        public Optional<String> namedAgent() {
            return terms.flatMap(LeaseTerms::agent);
        }
    }

    /** A signed statement is complete: anything beside it might contradict what was signed. */
    private static void requireOne(Optional<LeaseTerms> terms, Optional<SignedStatement> signed) {
        if (terms.isPresent() && signed.isPresent()) {
            throw new MalformedException("`task` is not among [signature, statement]");
        }
        if (terms.isEmpty() && signed.isEmpty()) {
            throw new MalformedException("`task` is missing");
        }
    }

    /**
     * What a lease permits.
     *
     * @param root the lease from which it was derived, if it was
     * @param bound whether it holds at the place of a run alone
     */
    record Lease(
            String id,
            Optional<String> root,
            String agent,
            String person,
            String task,
            Optional<String> template,
            List<String> environments,
            List<String> impacts,
            List<String> resources,
            Instant issued,
            Instant expires,
            boolean bound) {}

    /** A lease, with the token that its holder presents. */
    record IssuedLease(
            @Flat Lease terms, String lease, Secret token, Optional<List<String>> tasks, Optional<String> next) {}

    @AdminCommand(
            name = "lease.list",
            users = Entitlement.CONSOLE,
            about =
                    "Those that have not ended; of each its `root` if it was [derived](formats/lease.md), its `state`, `in force` or `suspended`, and `why`")
    record ListLeases() implements LeaseQuestion<Leases> {}

    record Leases(List<CurrentLease> leases) {}

    record CurrentLease(@Flat Lease terms, String state, Optional<String> why) {}

    @AdminCommand(
            name = "lease.whoami",
            users = Entitlement.SOCKET,
            about = "As [`GET /.interlock/whoami`](agents.md#what-may-i-do) tells the holder")
    record DescribeLease(String lease) implements LeaseQuestion<Json.Members> {}

    @AdminCommand(name = "lease.revoke", users = Entitlement.CONSOLE, receipt = "after")
    record RevokeLease(String lease) implements LeaseQuestion<EndedLeases> {}

    /** Opens a place for a run, with a lease of its own. */
    @AdminCommand(
            name = "run.open",
            users = Entitlement.AGENT_USERS,
            receipt = "after; `run.lost` if the connection ends before the place is closed, which ends the lease",
            about =
                    "As `lease.issue`. `user` is the number of the agent's user, who may use the place besides the caller. `runner` is the process that holds it: boot id, number, and field 22 of its `/proc/PID/stat`, with single blanks. A restarted gateway that does not see that process any more ends the lease; one that does not see it now stores nothing of it. `executed` are paths that run by themselves, those that are not `held` only when somebody builds; `planted` decoys for the agent's home; `databases` are reached at `postgres.sock` beside `socket`; `services` are the local services that the run is to use, and it is refused if they are not permitted; `log_key` is as in `status`")
    record OpenRun(
            @Flat Optional<LeaseTerms> terms,
            @Flat Optional<SignedStatement> signed,
            Optional<String> runner,
            Optional<Long> user,
            Optional<List<LocalService>> services)
            implements LeaseQuestion<OpenedRun>, AgentNaming {

        public OpenRun {
            requireOne(terms, signed);
        }

        @Override
        public Optional<String> namedAgent() {
            return terms.flatMap(LeaseTerms::agent);
        }
    }

    record OpenedRun(
            @Flat IssuedLease lease,
            List<ExecutedPaths.ExecutedPattern> executed,
            List<Decoy> planted,
            String socket,
            String directory,
            String trust,
            List<String> databases,
            String logKey) {}

    /** A file that nobody needs, and that raises an alarm when somebody uses what it holds. */
    record Decoy(String path, String content) {
        @Override
        public String toString() {
            return "decoy at " + path;
        }
    }

    /** Has this connection hold a place that was opened before. */
    @AdminCommand(
            name = "run.reattach",
            users = Entitlement.SOCKET,
            about =
                    "The caller that opened the place holds it by this connection from now on, as after a restart of the gateway")
    record ReattachRun(String lease) implements LeaseQuestion<HeldRun> {}

    record HeldRun(String lease) {}

    /** Registers the decoys in a workspace. */
    @AdminCommand(
            name = "run.decoys",
            users = Entitlement.SOCKET,
            receipt = "before",
            about = "Answers their number now, until the place is closed")
    record ArmDecoys(String lease, List<MaskedCredential> decoys) implements LeaseQuestion<ArmedDecoys> {}

    record ArmedDecoys(int decoys) {}

    @AdminCommand(name = "run.renew", users = Entitlement.SOCKET, receipt = "before")
    record RenewRun(String lease) implements LeaseQuestion<RenewedRun> {}

    record RenewedRun(Instant expires) {}

    @AdminCommand(name = "run.close", users = Entitlement.SOCKET, receipt = "after")
    record CloseRun(String lease) implements LeaseQuestion<EndedLeases> {}

    /** Asks before a connection of an agent's to a local service is made. */
    @AdminCommand(
            name = "service.open",
            users = Entitlement.SOCKET,
            receipt = "before; also if it is refused",
            about =
                    "To the user who opened the place, before their `run` connects its agent to `port` on loopback. Without an answer, it does not")
    record OpenService(String lease, @Flat LocalService service) implements LeaseQuestion<OpenedService> {}

    record OpenedService(String receipt) {}

    /** Asks whether such connections may stay. */
    @AdminCommand(
            name = "service.check",
            users = Entitlement.SOCKET,
            receipt = "none",
            about = "To the same user, while connections are open; `run` ends them if it is refused")
    record CheckService(String lease, @Flat LocalService service) implements LeaseQuestion<PermittedService> {}

    record PermittedService(String lease) {}

    /** Records the end of such a connection. */
    @AdminCommand(
            name = "service.close",
            users = Entitlement.SOCKET,
            receipt = "is one",
            about =
                    "`opened` is the receipt of its `service.open`; `reached`, whether the service answered; `bytes_sent` went to the service")
    record CloseService(@Flat ClosedConnection connection) implements LeaseQuestion<ClosedService> {}

    /** A connection to a local service that has ended. */
    record ClosedConnection(
            String lease,
            @Flat LocalService service,
            String opened,
            boolean reached,
            long bytesSent,
            long bytesReceived) {

        private static final Pattern RECEIPT = Pattern.compile("R-[0-9A-Z]{26}");

        public ClosedConnection {
            if (!RECEIPT.matcher(opened).matches()) {
                throw new MalformedException("`opened` is not the name of a receipt");
            }
            if (bytesSent < 0 || bytesReceived < 0) {
                throw new MalformedException("a number of bytes is negative");
            }
        }
    }

    record ClosedService(String receipt) {}

    @AdminCommand(
            name = "session.record",
            users = Entitlement.SOCKET,
            receipt = "is one",
            about = "Once for each lease of `run.open`, to the same user, and by the gateway that closed its place")
    record RecordSession(String lease, String manifestSha256) implements LeaseQuestion<RecordedSession> {}

    record RecordedSession(String receipt) {}
}
