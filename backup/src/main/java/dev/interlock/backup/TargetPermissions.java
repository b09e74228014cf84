package dev.interlock.backup;

import dev.interlock.backup.place.BackupTarget;
import dev.interlock.backup.run.DirectoryOwnership;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds targets in which users other than root could replace files of root. Backups are encrypted, so such a target is
 * still usable. But those users can also remove backups, and root works in their directory.
 */
public final class TargetPermissions {

    private TargetPermissions() {}

    /**
     * Returns a warning for each such directory of {@code looked}, with advice. Returns none if this process is not
     * root.
     *
     * @throws IOException also if a file server does not answer in time
     */
    public static List<String> warnings(Collection<BackupPlanConfig> looked) throws IOException {
        return TimedCheck.at(() -> found(looked), TimedCheck.LIMIT);
    }

    private static List<String> found(Collection<BackupPlanConfig> looked) throws IOException {
        Map<Path, TreeSet<String>> plans = new LinkedHashMap<>();
        for (BackupPlanConfig plan : looked) {
            if (plan.target() instanceof BackupTarget.Directory target && Files.isDirectory(target.path())) {
                for (Path loose : looseAt(target.path(), plan.name())) {
                    plans.computeIfAbsent(loose, _ -> new TreeSet<>()).add(plan.name());
                }
            }
        }
        return plans.entrySet().stream()
                .map(one -> "`" + one.getKey() + "`, in which backups of `" + String.join("`, `", one.getValue())
                        + "` are stored, can be written by users other than root: they can "
                        + "remove and replace backups, and redirect what root does there; make "
                        + "it and its parent directories writable only by root")
                .toList();
    }

    /**
     * Returns the unsafe directories of a target. The plan's own directory may be a link, so both the link's location
     * and its destination are checked.
     */
    private static Set<Path> looseAt(Path target, String plan) throws IOException {
        Set<Path> loose = new LinkedHashSet<>(DirectoryOwnership.replaceableAt(target.toRealPath()));
        Path own = target.resolve(plan);
        if (Files.isDirectory(own)) {
            loose.addAll(DirectoryOwnership.replaceableAt(target.toRealPath().resolve(plan)));
            loose.addAll(DirectoryOwnership.replaceableAt(own.toRealPath()));
        }
        return loose;
    }
}
