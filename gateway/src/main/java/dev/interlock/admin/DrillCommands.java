package dev.interlock.admin;

import dev.interlock.adminapi.Entitlement;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.ledger.LedgerUnavailableException;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Commands about reports of drills. No drill runs where real credentials are, so a report is only the claim of the
 * administrator who handed it in. It opens nothing, and the receipt holds all of it.
 */
public final class DrillCommands implements CommandGroup {

    /** Maximum steps of a drill; none has as many. */
    static final int MAX_STEPS = 64;

    /** Maximum characters of one text of a report. */
    static final int MAX_TEXT = 400;

    /** The time by which the clocks of two machines may differ. */
    private static final Duration SLACK = Duration.ofMinutes(1);

    /** Stores reports. */
    public interface DrillReportStore {

        /**
         * Stores {@code report}; the oldest may go.
         *
         * @throws IOException if it may be lost by a restart
         */
        void keep(Json.Members report) throws IOException;

        /** Returns the stored reports, the youngest first. */
        List<Json.Members> stored();
    }

    private final DrillReportStore keeper;
    private final InstantSource clock;

    public DrillCommands(DrillReportStore keeper, InstantSource clock) {
        this.keeper = keeper;
        this.clock = clock;
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of("drill.list", Entitlement.CONSOLE, Set.of(), _ -> list()),
                Command.of(
                        "drill.report",
                        Entitlement.SOCKET,
                        Set.of("report"),
                        request -> report(request.question(), request.entry())));
    }

    /** Records a report, and stores it after that. */
    private Json.Members report(Json.Members arguments, AdminReceipts.ReceiptEntry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        Json.Members report = checked(arguments.object("report"));
        String receipt = entry.record(Json.object().with("report", report));
        try {
            keeper.keep(report.with("receipt", receipt));
        } catch (IOException e) {
            throw new AdminRefusedException(
                    "unavailable", "The report cannot be saved.", "See the daemon's log, and hand it in " + "again.");
        }
        return Json.object().with("receipt", receipt);
    }

    private Json.Members list() {
        return Json.object().with("reports", new Json.Array(List.copyOf(keeper.stored())));
    }

    /** Returns the same report, of which every member was read. */
    private Json.Members checked(Json.Members report) {
        Arguments.only(
                report,
                "at",
                "backups",
                "control_destroyed",
                "drill",
                "guarded_destroyed",
                "receipts",
                "red",
                "steps",
                "tamper_detected",
                "took_millis",
                "verified");
        return Json.object()
                .with("drill", text(report, "drill"))
                .with("at", at(report).toString())
                .with("took_millis", report.whole("took_millis"))
                .with("control_destroyed", flag(report, "control_destroyed"))
                .with("guarded_destroyed", flag(report, "guarded_destroyed"))
                .withTexts("red", report.texts("red").stream().map(DrillCommands::fitting))
                .with("steps", each(report, "steps", "name", "expected", "got"))
                .with("backups", backups(report))
                .with("receipts", report.whole("receipts"))
                .with("verified", flag(report, "verified"))
                .with("tamper_detected", flag(report, "tamper_detected"));
    }

    private Instant at(Json.Members report) {
        try {
            Instant at = Instant.parse(report.text("at"));
            if (at.isAfter(clock.instant().plus(SLACK))) {
                throw new MalformedException("`at` is in the future: compare the clocks");
            }
            return at;
        } catch (DateTimeException e) {
            throw new MalformedException("`at` is not a valid time", e);
        }
    }

    private static Json.Array each(Json.Members report, String member, String... names) {
        List<Json> all = new ArrayList<>();
        for (Json.Members one : some(report, member)) {
            Arguments.only(one, names);
            Json.Members read = Json.object();
            for (String name : names) {
                read = read.with(name, text(one, name));
            }
            all.add(read);
        }
        return new Json.Array(all);
    }

    private static Json.Array backups(Json.Members report) {
        List<Json> all = new ArrayList<>();
        for (Json.Members one : some(report, "backups")) {
            Arguments.only(one, "red", "when", "words");
            all.add(Json.object()
                    .with("when", text(one, "when"))
                    .with("red", flag(one, "red"))
                    .with("words", text(one, "words")));
        }
        return new Json.Array(all);
    }

    private static List<Json.Members> some(Json.Members report, String member) {
        List<Json.Members> all = report.objects(member);
        if (all.size() > MAX_STEPS) {
            throw new MalformedException("`" + member + "` holds more than " + MAX_STEPS);
        }
        return all;
    }

    /** Returns a required flag: a missing one must count neither as good news nor as bad. */
    private static boolean flag(Json.Members from, String name) {
        if (from.get(name).isEmpty()) {
            throw new MalformedException("`" + name + "` is missing");
        }
        return from.flag(name);
    }

    private static String text(Json.Members from, String name) {
        return fitting(from.text(name));
    }

    private static String fitting(String text) {
        if (text.length() > MAX_TEXT) {
            throw new MalformedException("a text in the report is longer than " + MAX_TEXT + " characters");
        }
        return text;
    }
}
