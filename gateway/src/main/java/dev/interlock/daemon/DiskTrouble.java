package dev.interlock.daemon;

import dev.interlock.config.Config;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Explains a start that failed because of a disk: which disk it is, and what to do. */
final class DiskTrouble {

    /** Less than this is as good as nothing: a start writes a segment and the store's log. */
    private static final long LITTLE = 32L << 20;

    private static final Map<String, String> WORDS = Map.of(
            "No space left on device", "full",
            "Disk quota exceeded", "full, by the quota of the gateway's user",
            "Read-only file system", "read-only",
            "Input/output error", "failing: see the kernel's log");

    private DiskTrouble() {}

    static IOException explain(IOException failure, Config config) {
        List<Path> places = new ArrayList<>(List.of(config.data(), config.ledger(), config.run()));
        return explain(failure, places);
    }

    static IOException explain(IOException failure, List<Path> places) {
        String all = text(failure);
        return WORDS.entrySet().stream()
                .filter(word -> all.contains(word.getKey()))
                .findFirst()
                .map(word -> new IOException(words(word.getKey(), word.getValue(), all, places), failure))
                .orElse(failure);
    }

    private static String text(Throwable failure) {
        StringBuilder all = new StringBuilder(String.valueOf(failure.getMessage()));
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            all.append(": ").append(cause.getMessage());
        }
        return all.toString();
    }

    private static String words(String kernel, String is, String all, List<Path> places) {
        List<String> disks = places.stream()
                .filter(place -> isAffected(kernel, place))
                .map(DiskTrouble::named)
                .distinct()
                .toList();
        String which = disks.isEmpty() ? "a disk of the gateway" : "the disk of " + String.join(" and of ", disks);
        String next = is.startsWith("full")
                ? ". Free at least 128 MiB there, of other files: nothing of the ledger or the store may be removed. `du -xh` shows what is large"
                : "";
        return which + " is " + is + next + " (" + all + ")";
    }

    private static boolean isAffected(String kernel, Path place) {
        try {
            FileStore disk = Files.getFileStore(place);
            return switch (kernel) {
                case "No space left on device" -> disk.getUsableSpace() < LITTLE;
                case "Read-only file system" -> disk.isReadOnly();
                default -> false;
            };
        } catch (IOException e) {
            return false;
        }
    }

    private static String named(Path place) {
        try {
            return "`" + place + "` (" + Files.getFileStore(place).name() + ")";
        } catch (IOException e) {
            return "`" + place + "`";
        }
    }
}
