package dev.interlock.backup.run;

import dev.interlock.linux.MountTable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Finds the mounts of this process that paths of backups lie in. */
public final class ContainingMount {

    private ContainingMount() {}

    public static Optional<MountTable.ProcessMount> of(Path path, MountTable mounts) {
        String name = MountTable.name(path);
        return mounts.all().stream()
                .filter(mount -> MountTable.isWithin(name, mount.at()))
                .reduce((one, next) -> next.at().length() >= one.at().length() ? next : one);
    }

    /** Returns the device of {@code mount}, if it is a local one of a kind whose devices the kernel lists. */
    public static Optional<Path> device(MountTable.ProcessMount mount) {
        String source = new String(mount.source().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        return mount.type().equals("btrfs") && source.startsWith("/dev/")
                ? Optional.of(Path.of(source)).filter(Files::exists)
                : Optional.empty();
    }
}
