package dev.interlock.backup.kept;

import dev.interlock.evidence.Json;
import java.util.Optional;

/**
 * What somebody's program wrote, of which only that program knows what it is.
 *
 * @param report what must be there again
 */
public record ExecCopy(ExecReport report) implements Holding {

    static final String TYPE = "interlock-backup-exec@v1";

    /** The one file of it, as the program wrote it. */
    public static final String FILE = "copy";

    @Override
    public Json.Members on(Json.Members to) {
        return to.with("contents", report.json());
    }

    static ExecCopy of(Json.Members json) {
        return new ExecCopy(ExecReport.of(json.object("contents")));
    }

    @Override
    public Amount amount() {
        return report.amount();
    }

    @Override
    public Optional<String> emptiness() {
        return report.emptiness();
    }
}
