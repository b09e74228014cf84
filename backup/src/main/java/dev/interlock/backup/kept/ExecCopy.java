package dev.interlock.backup.kept;

import dev.interlock.evidence.Json;
import java.util.Optional;

/**
 * A backup that an operator's program wrote. Only that program knows its format.
 *
 * @param report the content that must be there after a restore
 */
public record ExecCopy(ExecReport report) implements BackupContent {

    static final String TYPE = "interlock-backup-exec@v1";

    /** The name of its only file. */
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
