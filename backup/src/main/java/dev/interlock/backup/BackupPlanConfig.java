package dev.interlock.backup;

import dev.interlock.action.Resource;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.backup.tool.BackupTool;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One backup plan in a machine's configuration.
 *
 * @param name the name that people and the seal use
 * @param of the protected resource, as the seal names it
 * @param source where its data is
 * @param tool what takes, stores and restores its backups
 * @param checklist the manual steps of a recovery
 */
public record BackupPlanConfig(String name, Resource of, BackupSource source, BackupTool tool, Checklist checklist) {

    /**
     * The manual steps of a recovery, which no program of ours can know.
     *
     * @param before the steps before the data is restored
     * @param after the steps after it was restored
     */
    public record Checklist(List<String> before, List<String> after) {
        public Checklist {
            before = List.copyOf(before);
            after = List.copyOf(after);
        }
    }

    /** The form of a name. */
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,39}");

    /** @throws IllegalArgumentException if the plan could not be carried out */
    public BackupPlanConfig {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "a backup's name may contain only lower-case letters, digits and `-`, at most 40, not `" + name
                            + "`");
        }
    }
}
