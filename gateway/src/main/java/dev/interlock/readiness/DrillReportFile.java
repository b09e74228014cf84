package dev.interlock.readiness;

import dev.interlock.admin.DrillCommands;
import dev.interlock.adminapi.DrillQuestion;
import dev.interlock.adminapi.RecordJson;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The latest drill reports, in one file. Their receipts hold all of them.
 *
 * <p>Threading: guarded by itself.
 */
public final class DrillReportFile implements DrillCommands.DrillReportStore {

    /** Maximum number of stored reports: a year of them, with a drill every fortnight. */
    static final int MAX_KEPT = 26;

    private final JsonListFile reports;

    public DrillReportFile(Path file) {
        this.reports = new JsonListFile(file, "reports");
    }

    @Override
    public synchronized void keep(DrillQuestion.RecordedDrill report) throws IOException {
        reports.keep(Stream.concat(Stream.of(RecordJson.write(report)), reports.stored().stream())
                .limit(MAX_KEPT)
                .toList());
    }

    @Override
    public synchronized List<DrillQuestion.RecordedDrill> stored() {
        return reports.stored().stream()
                .map(report -> RecordJson.read(DrillQuestion.RecordedDrill.class, report))
                .toList();
    }
}
