package dev.interlock.adminapi;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Questions about kills, about freezes, and about the clock. */
public sealed interface StopQuestion<A extends Record> extends Question<A> {

    @AdminCommand(
            name = "kill",
            users = Entitlement.CONSOLE,
            receipt = "after",
            about =
                    "Exactly one of the arguments beside `reason`; `all` is true. Unless it was a lease, the answer has `kill`, and unless it was `all`, `runs`")
    record StopWork(
            Optional<String> lease,
            Optional<String> agent,
            Optional<String> task,
            Optional<String> person,
            Optional<String> upstream,
            Optional<Boolean> all,
            Optional<String> reason)
            implements StopQuestion<StoppedWork> {

        /** Stops one thing of {@code scope}, a member of this question; or everything, as {@code all}. */
        public static StopWork of(String scope, String name, Optional<String> reason) {
            return new StopWork(
                    one("lease", scope, name),
                    one("agent", scope, name),
                    one("task", scope, name),
                    one("person", scope, name),
                    one("upstream", scope, name),
                    one("all", scope, name).map(_ -> true),
                    reason);
        }

        private static Optional<String> one(String member, String scope, String name) {
            return member.equals(scope) ? Optional.of(name) : Optional.empty();
        }
    }

    record StoppedWork(@Flat EndedLeases ended, Optional<String> kill, Optional<Integer> runs)
            implements Acted.EndedWork {}

    @AdminCommand(name = "kill.list", users = Entitlement.CONSOLE)
    record ListKills() implements StopQuestion<Kills> {}

    record Kills(List<ActiveKill> kills) {}

    record ActiveKill(
            String kill, String scope, String name, String reason, String by, Instant since, boolean durable) {}

    @AdminCommand(
            name = "kill.prepare",
            users = Entitlement.CONSOLE,
            about = "`statement` is to be signed in `interlock-kill@v1`")
    record PrepareKillLift(String kill) implements StopQuestion<StatementToSign> {}

    @AdminCommand(name = "kill.lift", users = Entitlement.CONSOLE, receipt = "before, of every try")
    record LiftKill(@Flat SignedStatement signed) implements StopQuestion<LiftedKill> {}

    record LiftedKill(String kill, String scope, String person, String keyClass) {}

    @AdminCommand(name = "freeze.list", users = Entitlement.CONSOLE)
    record ListFreezes() implements StopQuestion<Freezes> {}

    record Freezes(List<ActiveFreeze> freezes) {}

    record ActiveFreeze(String freeze, String intent, List<String> resources, String agent, Instant since) {}

    @AdminCommand(
            name = "freeze.prepare",
            users = Entitlement.CONSOLE,
            about = "`statement` is to be signed in `interlock-freeze@v1`")
    record PrepareFreezeLift(String freeze) implements StopQuestion<StatementToSign> {}

    @AdminCommand(name = "freeze.lift", users = Entitlement.CONSOLE, receipt = "before, of every try")
    record LiftFreeze(@Flat SignedStatement signed) implements StopQuestion<LiftedFreeze> {}

    record LiftedFreeze(String freeze, String person, String keyClass) {}

    @AdminCommand(
            name = "clock.prepare",
            users = Entitlement.CONSOLE,
            about = "`statement` is to be signed in `interlock-clock@v1`")
    record PrepareClock() implements StopQuestion<StatementToSign> {}

    /** Confirms that the clock is right, although it showed a later time before. */
    @AdminCommand(
            name = "clock.accept",
            users = Entitlement.CONSOLE,
            receipt = "before, of every try",
            about = "`leases` ended, and `holds` are void")
    record AcceptClock(@Flat SignedStatement signed) implements StopQuestion<AcceptedClock> {}

    record AcceptedClock(String person, Instant clock, List<String> leases, List<String> holds) {}
}
