package dev.interlock.adminapi;

import java.time.Instant;
import java.util.List;

/** Questions about drills: the same attack with and without the gateway. */
public sealed interface DrillQuestion<A extends Record> extends Question<A> {

    @AdminCommand(name = "drill.list", users = Entitlement.CONSOLE, about = "The last 26, the youngest first")
    record ListDrills() implements DrillQuestion<Drills> {}

    record Drills(List<RecordedDrill> reports) {}

    record RecordedDrill(@Flat DrillReport report, String receipt) {}

    /** Hands in the report of a drill. */
    @AdminCommand(name = "drill.report", users = Entitlement.SOCKET, receipt = "before, with all of it")
    record ReportDrill(DrillReport report) implements DrillQuestion<ReportedDrill> {}

    record ReportedDrill(String receipt) {}

    /** What a drill did, and what came of it. */
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
            boolean tamperDetected) {}

    /** One attempt or check, and its result. */
    record DrillStep(String name, String expected, String got) {}

    /** What the status of backups said at one moment. */
    record BackupSight(String when, boolean red, String words) {}
}
