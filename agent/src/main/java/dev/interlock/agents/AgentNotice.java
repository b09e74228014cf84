package dev.interlock.agents;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The paragraph by which an agent learns where it runs, in the file of its home from which it takes instructions for
 * all projects. It is never written into a person's home or repository.
 */
public final class AgentNotice {

    private static final String TEXT = read();

    private AgentNotice() {}

    private static String read() {
        try (InputStream in = Objects.requireNonNull(AgentNotice.class.getResourceAsStream("notice.md"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("the notice for agents cannot be read", e);
        }
    }

    /** Returns the files of a home that is empty, for every known agent. */
    public static Map<Path, String> files() {
        Map<Path, String> files = new TreeMap<>();
        CodingAgent.all().stream()
                .flatMap(agent -> agent.confined().stream())
                .forEach(agent -> files.put(Path.of(agent.instructions()), TEXT));
        return files;
    }

    /** Adds it to the copies of a person's settings in {@code copies}, after their own instructions. */
    public static void addTo(Path copies, Protection agent) throws IOException {
        Path file = copies.resolve(agent.instructions());
        Files.createDirectories(file.resolveSibling(""));
        String before = Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? "\n" : "";
        Files.writeString(file, before + TEXT, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
