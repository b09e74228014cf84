package dev.interlock.adminapi;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Questions about drills: the same attack with and without the gateway. */
public sealed interface DrillQuestion<A extends Record> extends Question<A> {

    @AdminCommand(name = "drill.list", users = Entitlement.CONSOLE, about = "The last 26, the youngest first")
    record ListDrills() implements DrillQuestion<Drills> {}

    record Drills(List<RecordedDrill> reports) {}

    record RecordedDrill(@Flat DrillReport report, String receipt) {}

    @AdminCommand(
            name = "drill.report",
            users = Entitlement.SOCKET,
            receipt = "before, with all of it",
            about = "`policy` of a drill that only asked the policy: refused unless that seal is in force")
    record ReportDrill(DrillReport report) implements DrillQuestion<ReportedDrill> {}

    record ReportedDrill(String receipt) {}

    /**
     * What a drill did, and what came of it.
     *
     * @param policy what was judged, if the drill only asked the policy in force
     */
    record DrillReport(
            String drill,
            Instant at,
            long tookMillis,
            boolean controlDestroyed,
            boolean guardedDestroyed,
            List<String> red,
            List<DrillStep> steps,
            List<BackupSight> backups,
            long receipts,
            boolean verified,
            boolean tamperDetected,
            Optional<JudgedPolicy> policy) {

        /** Creates the report of a drill that only asked the policy; {@code red} are the incidents that would pass. */
        public static DrillReport of(Instant at, long tookMillis, List<String> red, JudgedPolicy policy) {
            return new DrillReport(
                    "incidents",
                    at,
                    tookMillis,
                    true, // they all happened
                    !red.isEmpty(),
                    red,
                    List.of(),
                    List.of(),
                    0,
                    false,
                    false,
                    Optional.of(policy));
        }
    }

    /**
     * The policy in force as a drill judged it.
     *
     * @param seal the seal's id
     * @param sha256 the digest of the whole result, which the same seal and incidents give again
     * @param next when the next drill is due
     */
    record JudgedPolicy(String seal, String sha256, String summary, Instant next) {}

    /** One attempt or check, and its result. */
    record DrillStep(String name, String expected, String got) {}

    /** What the status of backups said at one moment. */
    record BackupSight(String when, boolean red, String words) {}
}
