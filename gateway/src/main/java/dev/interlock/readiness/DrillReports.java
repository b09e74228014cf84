package dev.interlock.readiness;

import dev.interlock.admin.AdminRequest;
import dev.interlock.admin.Command;
import dev.interlock.admin.CommandGroup;
import dev.interlock.adminapi.DrillQuestion;
import dev.interlock.adminapi.RecordJson;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.ledger.LedgerUnavailableException;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Commands about reports of drills. No drill runs where real credentials are, so a report is only the claim of the
 * administrator who handed it in. It opens nothing, and the receipt holds all of it. The latest are also in one file,
 * which is replaced as a whole.
 *
 * <p>Threading: guarded by itself.
 */
public record DrillReports(Path file, InstantSource clock) implements CommandGroup {

    /** Maximum number of stored reports: a year of them, with a drill every fortnight. */
    static final int MAX_KEPT = 26;
    /** Maximum steps of a drill; none has as many. */
    static final int MAX_STEPS = 64;
    /** Maximum characters of one text of a report. */
    static final int MAX_TEXT = 400;
    /** The time by which the clocks of two machines may differ. */
    private static final Duration SLACK = Duration.ofMinutes(1);

    private static final System.Logger LOG = System.getLogger(DrillReports.class.getName());

    @Override
    public List<Command<?>> commands() {
        return List.of(
                Command.of(DrillQuestion.ListDrills.class, _ -> new DrillQuestion.Drills(stored())),
                Command.of(DrillQuestion.ReportDrill.class, this::report));
    }

    /** Returns a sentence if the drill that the last one announced is due. */
    public Optional<String> overdue() {
        return stored().stream()
                .flatMap(recorded -> recorded.report().policy().stream())
                .findFirst()
                .map(DrillQuestion.JudgedPolicy::next)
                .filter(next -> next.isBefore(clock.instant()))
                .map(next -> "The next drill of known incidents was due on "
                        + next.toString().substring(0, 10) + ": interlock drill");
    }

    /** Records a report, and stores it after that. */
    private DrillQuestion.ReportedDrill report(AdminRequest<DrillQuestion.ReportDrill> request)
            throws AdminRefusedException, LedgerUnavailableException {
        DrillQuestion.DrillReport report = request.question().report();
        requireFitting(report);
        if (report.policy().isPresent()
                && !report.policy().get().seal().equals(request.seal().id())) {
            throw new AdminRefusedException("refused", "Another seal is in force by now.", "Run the drill again.");
        }
        String receipt = request.entry().record(Json.object().with("report", RecordJson.write(report)));
        try {
            keep(new DrillQuestion.RecordedDrill(report, receipt));
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
        boolean isLong = Stream.of(
                        Stream.of(report.drill()),
                        report.red().stream(),
                        report.policy().stream()
                                .flatMap(policy -> Stream.of(policy.seal(), policy.sha256(), policy.summary())),
                        report.steps().stream().flatMap(step -> Stream.of(step.name(), step.expected(), step.got())),
                        report.backups().stream().flatMap(sight -> Stream.of(sight.when(), sight.words())))
                .flatMap(texts -> texts)
                .anyMatch(text -> text.length() > MAX_TEXT);
        if (isLong) {
            throw new MalformedException("a text in the report is longer than " + MAX_TEXT + " characters");
        }
    }

    synchronized void keep(DrillQuestion.RecordedDrill report) throws IOException {
        PrivateFiles.replace(
                file,
                Json.object()
                        .withItems(
                                "reports",
                                Stream.concat(Stream.of(report), stored().stream())
                                        .limit(MAX_KEPT)
                                        .map(RecordJson::write))
                        .canonical());
    }

    /** Returns the stored reports, the youngest first; none if the file cannot be read. */
    synchronized List<DrillQuestion.RecordedDrill> stored() {
        try {
            return Json.readObject(Files.readAllBytes(file)).objects("reports").stream()
                    .map(report -> RecordJson.read(DrillQuestion.RecordedDrill.class, report))
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException | MalformedException e) {
            LOG.log(System.Logger.Level.WARNING, "`" + file + "` cannot be read, so its content is not shown", e);
            return List.of();
        }
    }
}
