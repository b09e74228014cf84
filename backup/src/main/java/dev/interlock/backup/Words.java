package dev.interlock.backup;

import dev.interlock.backup.run.PrivateFiles;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What people and machines have signed of each plan, in one file for each. The files are believed no more than who sent
 * them: whoever reads a word verifies it.
 *
 * <p>Threading: guarded by whoever has it.
 */
final class Words {

    private static final String SUFFIX = ".json";

    /** For each plan: the last ones count, and some before them, should they turn out bad. */
    private static final int MAX_KEPT = 16;

    private final Path directory;
    private final String at;
    private final Map<String, List<Word>> words = new HashMap<>();

    /** What was kept well of each plan: where its file could not be written then, less. */
    private final Map<String, List<Word>> written = new HashMap<>();

    /** The plans whose files have not what is kept of them. */
    private final Set<String> behind = new HashSet<>();

    /** As it was handed in. */
    record Word(Json.Members said, String signature) {

        Json.Members json() {
            return Json.object().with("said", said).with("signature", signature);
        }
    }

    private Words(Path directory, String at) {
        this.directory = directory;
        this.at = at;
    }

    /**
     * Those in {@code directory}, which is made if it is not there. A file that cannot be read proves nothing.
     *
     * @param at the member that says when
     */
    static Words open(Path directory, String at) throws IOException {
        PrivateFiles.directories(directory);
        Words all = new Words(directory, at);
        try (var files = Files.list(directory)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(SUFFIX)).toList()) {
                String name = file.getFileName().toString();
                all.words.put(name.substring(0, name.length() - SUFFIX.length()), read(file));
            }
        }
        all.written.putAll(all.words);
        return all;
    }

    private static List<Word> read(Path file) throws IOException {
        try {
            return Json.readObject(Files.readAllBytes(file)).objects("words").stream()
                    .map(word -> new Word(word.object("said"), word.text("signature")))
                    .toList();
        } catch (MalformedException e) {
            return List.of();
        }
    }

    /** Those of {@code plan}, oldest first. */
    List<Word> of(String plan) {
        return words.getOrDefault(plan, List.of());
    }

    /** Whether {@code word} of {@code plan} was written when it was kept. */
    boolean isWritten(String plan, Word word) {
        return written.getOrDefault(plan, List.of()).contains(word);
    }

    /** When {@code word} says that it was. */
    Instant at(Word word) {
        return Instant.parse(word.said().text(at));
    }

    /**
     * Keeps {@code all} of {@code plan}, {@code fresh} among them, or the youngest; {@code spared} is never among those
     * that go. Others that could not be written when they were handed in are written with it, and handed in all the
     * same.
     */
    void keep(String plan, List<Word> all, Word fresh, Optional<Word> spared) throws IOException {
        List<Word> kept = new ArrayList<>(all);
        kept.sort(Comparator.comparing(this::at));
        while (kept.size() > MAX_KEPT) {
            boolean stays = spared.filter(kept.getFirst()::equals).isPresent();
            kept.remove(stays ? 1 : 0);
        }
        words.put(plan, List.copyOf(kept));
        behind.add(plan);
        write(plan);
        List<Word> before = written.getOrDefault(plan, List.of());
        written.put(
                plan,
                kept.stream()
                        .filter(word -> word.equals(fresh) || before.contains(word))
                        .toList());
    }

    /**
     * Writes what could not be written when it was kept, so that no restart forgets it. It is handed in again all the
     * same: there may be more to be done of it.
     *
     * @throws IOException if some of it still cannot be
     */
    void settle() throws IOException {
        IOException failed = new IOException("words could not be written");
        for (String plan : Set.copyOf(behind)) {
            try {
                write(plan);
            } catch (IOException e) { // the trouble of one plan is its own
                failed.addSuppressed(e);
            }
        }
        if (failed.getSuppressed().length > 0) {
            throw failed;
        }
    }

    private void write(String plan) throws IOException {
        PrivateFiles.replace(
                directory.resolve(plan + SUFFIX),
                Json.object()
                        .with(
                                "words",
                                new Json.Array(
                                        of(plan).stream().<Json>map(Word::json).toList()))
                        .canonical());
        behind.remove(plan);
    }
}
