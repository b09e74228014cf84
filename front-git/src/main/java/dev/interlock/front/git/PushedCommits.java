package dev.interlock.front.git;

import dev.interlock.action.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.eclipse.jgit.lib.ObjectId;

/**
 * The commits that one agent has brought to a repository by this gateway, which the server did not have before. They
 * are the agent's own; who wrote a commit, by its own words, proves nothing. A lost file only makes people asked.
 */
final class PushedCommits {

    /** The most that are remembered: the last ones. */
    private static final int MAX_COMMITS = 20_000;

    private static final String PREFIX = "brought-";

    private final Path file;

    /** @param copy the directory of the repository's copy */
    PushedCommits(Path copy, String agent) {
        this.file = copy.resolve(PREFIX + Bytes.utf8(agent).sha256());
    }

    /** Returns whether {@code file} of a copy is such a record, which another copy cannot bring back. */
    static boolean isRecord(Path file) {
        return file.getFileName().toString().startsWith(PREFIX);
    }

    Set<String> ids() throws IOException {
        try {
            List<String> lines = Files.readAllLines(file, StandardCharsets.US_ASCII);
            if (lines.size() > MAX_COMMITS) {
                lines = lines.subList(lines.size() - MAX_COMMITS / 2, lines.size());
                Files.write(file, lines, StandardCharsets.US_ASCII);
            }
            return new HashSet<>(lines);
        } catch (NoSuchFileException e) {
            return Set.of();
        }
    }

    void add(List<ObjectId> commits) throws IOException {
        if (!commits.isEmpty()) {
            // An empty copy is removed whole, and the first push makes none.
            Files.createDirectories(file.getParent());
            Files.write(
                    file,
                    commits.stream().map(ObjectId::name).toList(),
                    StandardCharsets.US_ASCII,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        }
    }
}
