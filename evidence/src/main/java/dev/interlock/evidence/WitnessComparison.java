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
            LogFiles log,
            Map<String, byte[]> files,
            Checkpoint checkpoint,
            Collection<VerifierKey> keys,
            List<LogFinding> problems) {
        Map<String, WitnessView> views = new HashMap<>();
        boolean isSound = problems.isEmpty(); // then its tiles lead to the signed root
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            try {
                Note note = Note.read(file.getValue());
                Checkpoint seen = Checkpoint.open(file.getValue(), keys);
                for (WitnessKey witness : witnesses) {
                    Optional<Instant> at = witness.sawAt(note);
                    if (at.isPresent() && seen.origin().equals(checkpoint.origin())) {
                        WitnessView view = new WitnessView(witness.name(), seen.size(), at);
                        views.merge(witness.toString(), view, (a, b) -> b.size() >= a.size() ? b : a);
                        problem(log, note, seen, checkpoint, isSound)
                                .ifPresent(problem ->
                                        problems.add(LogFinding.file(file.getKey(), problem + witness.name())));
                    }
                }
            } catch (BadSignatureException | MalformedException e) {
                if (!file.getKey().equals(StaticLog.CHECKPOINT)) { // the log's own has been judged
                    problems.add(LogVerifier.badCheckpoint(file.getKey(), Optional.of(file.getValue()), e));
                }
            }
        }
        return witnesses.stream()
                .map(witness ->
                        views.getOrDefault(witness.toString(), new WitnessView(witness.name(), 0, Optional.empty())))
                .toList();
    }

    /** Returns the views of a proof's checkpoint; throws if a note of the same size is of another root. */
    List<WitnessView> of(Note proven, Checkpoint checkpoint, Collection<VerifierKey> keys)
            throws IOException, BadSignatureException {
        List<Note> same = new ArrayList<>(List.of(proven));
        for (Path path : notes) {
            byte[] bytes = Files.readAllBytes(path);
            requireCosigned(path, bytes);
            Checkpoint seen = Checkpoint.open(bytes, keys);
            if (seen.origin().equals(checkpoint.origin()) && seen.size() == checkpoint.size()) {
                if (!seen.root().equals(checkpoint.root())) {
                    throw new BadSignatureException("`" + path + "` is of another history of the same "
                            + checkpoint.size() + " receipts, and the log signed both");
                }
                same.add(Note.read(bytes));
            }
        }
        List<WitnessView> views = new ArrayList<>();
        for (WitnessKey witness : witnesses) {
            Optional<Instant> at = Optional.empty();
            for (Note note : same) {
                at = at.isPresent() ? at : witness.sawAt(note);
            }
            views.add(new WitnessView(witness.name(), checkpoint.size(), at));
        }
        return views;
    }

    /** What no witness cosigned says nothing about where the log ends. */
    private void requireCosigned(Path file, byte[] bytes) {
        boolean isCosigned;
        try {
            Note note = Note.read(bytes);
            isCosigned = witnesses.stream().anyMatch(witness -> witness.isOn(note));
        } catch (MalformedException e) {
            return; // `run` says so
        }
        if (!isCosigned) {
            throw new IllegalArgumentException("none of the given witnesses cosigned `" + file + "`");
        }
    }

    private static Optional<String> problem(
            LogFiles log, Note note, Checkpoint seen, Checkpoint checkpoint, boolean isSound) {
        if (seen.size() > checkpoint.size()) {
            return Optional.of("the log was truncated: " + (seen.size() - checkpoint.size())
                    + " more receipts, from leaf " + checkpoint.size() + " on, were seen by witness ");
        }
        boolean isSame = !isSound
                || new StaticLog(log.directory(), note, checkpoint)
                        .rootAt(seen.size())
                        .equals(seen.root());
        return isSame
                ? Optional.empty()
                : Optional.of("the first " + seen.size() + " receipts differ from those that were seen by witness ");
    }

    /** Returns the notes to compare. They are read before the log, which may grow meanwhile. */
    Map<String, byte[]> files(LogFiles log) throws IOException {
        Map<String, byte[]> files = new HashMap<>();
        List<String> own = new ArrayList<>(witnesses.isEmpty() ? List.of() : log.witnessed());
        own.addAll(witnesses.isEmpty() ? List.of() : List.of(StaticLog.CHECKPOINT));
        for (String path : own) {
            log.read(path).ifPresent(bytes -> files.put(path, bytes));
        }
        for (Path note : notes) {
            byte[] bytes = Files.readAllBytes(note);
            requireCosigned(note, bytes);
            files.put(note.toString(), bytes);
        }
        return files;
    }
}
