package dev.interlock.admin;

import dev.interlock.adminapi.DrillQuestion;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.ledger.LedgerUnavailableException;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;

/**
 * Commands about reports of drills. No drill runs where real credentials are, so a report is only the claim of the
 * administrator who handed it in. It opens nothing, and the receipt holds all of it.
 */
public record DrillCommands(DrillReportStore keeper, InstantSource clock) implements CommandGroup {

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
        void keep(DrillQuestion.RecordedDrill report) throws IOException;

        /** Returns the stored reports, the youngest first. */
        List<DrillQuestion.RecordedDrill> stored();
    }

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(DrillQuestion.ListDrills.class, _ -> new DrillQuestion.Drills(keeper.stored())),
                Command.of(
                        DrillQuestion.ReportDrill.class,
                        request -> report(request.question().report(), request.entry())));
    }

    /** Records a report, and stores it after that. */
    private DrillQuestion.ReportedDrill report(DrillQuestion.DrillReport report, AdminReceipts.ReceiptEntry entry)
            throws AdminRefusedException, LedgerUnavailableException {
        requireFitting(report);
        String receipt = entry.record(Json.object().with("report", RecordJson.write(report)));
        try {
            keeper.keep(new DrillQuestion.RecordedDrill(report, receipt));
        } catch (IOException e) {
            throw new AdminRefusedException(
                    "unavailable", "The report cannot be saved.", "See the daemon's log, and hand it in again.");
        }
        return new DrillQuestion.ReportedDrill(receipt);
    }

    private void requireFitting(DrillQuestion.DrillReport report) {
        if (report.at().isAfter(clock.instant().plus(SLACK))) {
            throw new MalformedException("`at` is in the future: compare the clocks");
        }
        if (report.steps().size() > MAX_STEPS || report.backups().size() > MAX_STEPS) {
            throw new MalformedException("`steps` or `backups` holds more than " + MAX_STEPS);
        }
        Stream.of(
                        Stream.of(report.drill()),
                        report.red().stream(),
                        report.steps().stream().flatMap(step -> Stream.of(step.name(), step.expected(), step.got())),
                        report.backups().stream().flatMap(sight -> Stream.of(sight.when(), sight.words())))
                .flatMap(texts -> texts)
                .filter(text -> text.length() > MAX_TEXT)
                .findFirst()
                .ifPresent(_ -> {
                    throw new MalformedException("a text in the report is longer than " + MAX_TEXT + " characters");
                });
    }
}
