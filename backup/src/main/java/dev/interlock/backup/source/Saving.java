package dev.interlock.backup.source;

import dev.interlock.backup.kept.Holding;
import dev.interlock.backup.kept.Manifest;
import dev.interlock.backup.kept.Separation;
import dev.interlock.backup.kept.Shelf;
import dev.interlock.backup.run.BackupException;
import dev.interlock.backup.run.ChangedException;
import dev.interlock.backup.run.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How one kind of source is copied, how a copy of it is tried, and how it comes back. */
public interface Saving {

    /** Where it comes from, in words that do not change with what passwords do. */
    String origin();

    /**
     * Copies all of it into {@code part}.
     *
     * @param own a private directory
     * @throws ChangedException if it changed meanwhile, so that this is a copy of nothing that ever was
     * @throws BackupException if it could not be copied
     */
    Drawn draw(Shelf.Part part, Path own, Progress progress) throws IOException;

    /**
     * What was copied.
     *
     * @param files as they lie there, by name
     * @param excess what could be done with the credential that it was read with and takes no backup, in words after
     *     {@code it could}; nothing if it could not be asked
     * @param sequencesKnown false where nobody could say how far its sequences had come when all was dumped
     * @param lacking extensions without which this machine cannot try it; nothing if that could not be found out
     * @param warnings what the programs said that copied it and ended well, in lines that are drawn as they are
     */
    record Drawn(
            Map<String, Manifest.StoredFile> files,
            Separation separation,
            Holding holding,
            Optional<List<String>> excess,
            boolean sequencesKnown,
            Optional<List<String>> lacking,
            List<String> warnings) {

        public Drawn {
            excess = excess.map(List::copyOf);
            lacking = lacking.map(List::copyOf);
            warnings = List.copyOf(warnings);
        }

        /** One without sequences, that was read without any credential, or with one that nobody can be asked about. */
        public Drawn(Map<String, Manifest.StoredFile> files, Separation separation, Holding holding) {
            this(files, separation, holding, Optional.of(List.of()), true, Optional.of(List.of()), List.of());
        }
    }

    /**
     * Whether what it is a copy of lies apart from where copies of it do, as far as can be seen now.
     *
     * @param own a private directory
     */
    Separation separation(Path own) throws IOException;

    /**
     * Restores what {@code manifest} is of, in {@code own}, a private directory; and tells what came of it.
     *
     * @throws BackupException if it could not be tried, which says nothing about the backup
     */
    Trial tried(Manifest manifest, Path own, Progress progress) throws IOException;

    /**
     * What came of a trial.
     *
     * @param wrong what is wrong with it
     * @param uncompared extensions of which nobody could tell whether they have made again what belonged to them
     */
    record Trial(List<String> wrong, List<String> uncompared) {

        public Trial {
            wrong = List.copyOf(wrong);
            uncompared = List.copyOf(uncompared);
        }

        /** One in which all was compared. */
        public static Trial of(List<String> wrong) {
            return new Trial(wrong, List.of());
        }
    }

    /**
     * Brings what {@code manifest} is of back into {@code into}.
     *
     * @param own a private directory
     * @throws BackupException if it could not be done, or not there; then everything is as it was
     */
    Recovered bringBack(Destination into, Manifest manifest, Path own, Progress progress) throws IOException;

    /** What is wrong with one that {@code fault} keeps from being restored. */
    static List<String> unrestorable(Exception fault) {
        return List.of("it does not restore: " + fault.getMessage());
    }

    /** What is wrong with one that is a copy of another kind of source. */
    static List<String> ofAnotherKind(Manifest manifest) {
        return List.of("it holds something else than the plan's source: `"
                + manifest.holding().type() + "`");
    }
}
