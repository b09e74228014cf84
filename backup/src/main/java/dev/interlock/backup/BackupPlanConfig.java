package dev.interlock.backup;

import dev.interlock.action.Resource;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.tool.BackupTool;
import java.util.List;
import java.util.regex.Pattern;

/** One backup plan in a machine's configuration, with the protected resource as the seal names it. */
public record BackupPlanConfig(String name, Resource of, BackupSource source, BackupTool tool, Checklist checklist) {

    /** The manual steps of a recovery before and after the data is restored; no program of ours can know them. */
    public record Checklist(List<String> before, List<String> after) {
        public Checklist {
            before = List.copyOf(before);
            after = List.copyOf(after);
        }
    }

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,39}");

    public BackupPlanConfig {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "a backup's name may contain only lower-case letters, digits and `-`, at most 40, not `" + name
                            + "`");
        }
    }
}
