package dev.interlock.backup;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.linux.PrivateFiles;
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

/** The signed statements about each plan, in a file each; every reader verifies them. Guarded by its owner. */
final class AttestationFiles {

    private static final String SUFFIX = ".json";
    /** Maximum of statements per plan: the last ones count, and some older ones in case those turn out bad. */
    private static final int MAX_KEPT = 16;

    private final Path directory;
    private final String at;
    private final Map<String, List<SignedAttestation>> words = new HashMap<>();
    /** The statements of each plan that are on disk. If a write failed, these are fewer than the current ones. */
    private final Map<String, List<SignedAttestation>> written = new HashMap<>();

    private final Set<String> behind = new HashSet<>();

    record SignedAttestation(Json.Members said, String signature) {

        Json.Members json() {
            return Json.object().with("said", said).with("signature", signature);
        }
    }

    private AttestationFiles(Path directory, String at) {
        this.directory = directory;
        this.at = at;
    }

    /** Opens {@code directory}; an unreadable file proves nothing. {@code at} names the member with the time. */
    static AttestationFiles open(Path directory, String at) throws IOException {
        PrivateFiles.directories(directory);
        AttestationFiles all = new AttestationFiles(directory, at);
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

    private static List<SignedAttestation> read(Path file) throws IOException {
        try {
            return Json.readObject(Files.readAllBytes(file)).objects("words").stream()
                    .map(word -> new SignedAttestation(word.object("said"), word.text("signature")))
                    .toList();
        } catch (MalformedException e) {
            return List.of();
        }
    }

    /** Returns the statements of {@code plan}, oldest first. */
    List<SignedAttestation> of(String plan) {
        return words.getOrDefault(plan, List.of());
    }

    boolean isWritten(String plan, SignedAttestation word) {
        return written.getOrDefault(plan, List.of()).contains(word);
    }

    Instant at(SignedAttestation word) {
        return Instant.parse(word.said().text(at));
    }

    /**
     * Stores {@code all} of {@code plan}, which include {@code fresh}, without the oldest if they are too many;
     * {@code spared} stays. Earlier statements whose write failed still count as unwritten, so they are submitted
     * again.
     */
    void keep(String plan, List<SignedAttestation> all, SignedAttestation fresh, Optional<SignedAttestation> spared)
            throws IOException {
        List<SignedAttestation> kept = new ArrayList<>(all);
        kept.sort(Comparator.comparing(this::at));
        while (kept.size() > MAX_KEPT) {
            boolean stays = spared.filter(kept.getFirst()::equals).isPresent();
            kept.remove(stays ? 1 : 0);
        }
        words.put(plan, List.copyOf(kept));
        behind.add(plan);
        write(plan);
        List<SignedAttestation> before = written.getOrDefault(plan, List.of());
        written.put(
                plan,
                kept.stream()
                        .filter(word -> word.equals(fresh) || before.contains(word))
                        .toList());
    }

    /** Writes the statements whose write failed, for restarts; they are submitted again all the same. */
    void settle() throws IOException {
        IOException failed = new IOException("attestations could not be written");
        for (String plan : Set.copyOf(behind)) {
            try {
                write(plan);
            } catch (IOException e) { // a failure of one plan does not affect the others
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
                        .withItems("words", of(plan).stream().map(SignedAttestation::json))
                        .canonical());
        behind.remove(plan);
    }
}
