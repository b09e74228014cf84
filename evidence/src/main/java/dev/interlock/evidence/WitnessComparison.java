package dev.interlock.evidence;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Compares what witnesses have cosigned with a log: in its own directory, and in {@code notes} from elsewhere. */
public record WitnessComparison(List<WitnessKey> witnesses, List<Path> notes) {

    static final WitnessComparison NONE = new WitnessComparison(List.of(), List.of());

    /** What a witness vouches for, at most: a number of receipts, and when it saw them; empty if nothing was found. */
    record WitnessView(String witness, long size, Optional<Instant> at) {

        Json.Members json() {
            return Json.object()
                    .with("witness", witness)
                    .with("size", size)
                    .withOptional("at", at.map(Instant::toString));
        }

        @Override
        public String toString() {
            return at.map(seen -> "Witness " + witness + " saw " + size + " receipts at " + seen + ".")
                    .orElse("No cosignature of witness " + witness + " was found.");
        }
    }

    public WitnessComparison {
        witnesses = List.copyOf(witnesses);
        notes = List.copyOf(notes);
    }

    /** Returns the view of each witness, and adds to {@code problems} where one contradicts the log. */
    List<WitnessView> run(
            LogFiles log, Checkpoint checkpoint, Collection<VerifierKey> keys, List<LogFinding> problems)
            throws IOException {
        Map<WitnessKey, WitnessView> views = new HashMap<>();
        Map<Long, Hash> roots = new HashMap<>();
        for (Map.Entry<String, byte[]> file : files(log).entrySet()) {
            try {
                Note note = Note.read(file.getValue());
                Checkpoint seen = Checkpoint.open(file.getValue(), keys);
                for (WitnessKey witness : witnesses) {
                    Optional<Instant> at = witness.sawAt(note);
                    if (at.isPresent() && seen.origin().equals(checkpoint.origin())) {
                        views.merge(witness, new WitnessView(witness.name(), seen.size(), at), WitnessComparison::later);
                        problem(seen, witness, checkpoint, roots.put(seen.size(), seen.root()))
                                .ifPresent(told -> problems.add(LogFinding.file(file.getKey(), told)));
                    }
                }
            } catch (BadSignatureException | MalformedException e) {
                if (!file.getKey().equals(StaticLog.CHECKPOINT)) { // the log's own has been judged
                    problems.add(LogVerifier.badCheckpoint(file.getKey(), Optional.of(file.getValue()), e));
                }
            }
        }
        roots.keySet().removeIf(size -> size > checkpoint.size());
        contradictions(log, checkpoint, roots, problems);
        return witnesses.stream()
                .map(witness ->
                        views.getOrDefault(witness, new WitnessView(witness.name(), 0, Optional.empty())))
                .toList();
    }

    private static WitnessView later(WitnessView a, WitnessView b) {
        return b.size() >= a.size() ? b : a;
    }

    private static Optional<String> problem(Checkpoint seen, WitnessKey witness, Checkpoint log, Hash other) {
        if (other != null && !other.equals(seen.root())) {
            return Optional.of("witnesses have seen two histories of " + seen.size() + " receipts");
        }
        return seen.size() <= log.size()
                ? Optional.empty()
                : Optional.of("the log was truncated: witness " + witness.name() + " saw "
                        + (seen.size() - log.size()) + " more receipts, from leaf " + log.size() + " on");
    }

    private Map<String, byte[]> files(LogFiles log) throws IOException {
        Map<String, byte[]> files = new HashMap<>();
        if (witnesses.isEmpty()) {
            return files;
        }
        for (String own : List.of(StaticLog.CHECKPOINT, StaticLog.WITNESSED)) {
            log.read(own).ifPresent(bytes -> files.put(own, bytes));
        }
        for (Path note : notes) {
            files.put(note.toString(), Files.readAllBytes(note));
        }
        return files;
    }

    private static void contradictions(
            LogFiles log, Checkpoint checkpoint, Map<Long, Hash> roots, List<LogFinding> problems) throws IOException {
        if (roots.values().stream().allMatch(checkpoint.root()::equals)) {
            return;
        }
        Optional<CommittedLeaves.LeafBundles> leaves = new CommittedLeaves(log, checkpoint).find();
        CompactRange range = new CompactRange();
        for (long start = 0; leaves.isPresent() && start < checkpoint.size(); start += Tile.WIDTH) {
            for (Hash leaf : leaves.get().from(start)) {
                range.append(leaf);
                if (roots.containsKey(range.size()) && !range.root().equals(roots.get(range.size()))) {
                    problems.add(LogFinding.file(
                            StaticLog.CHECKPOINT,
                            "witnesses saw another history: the first " + range.size() + " receipts differ"));
                }
            }
        }
    }
}
