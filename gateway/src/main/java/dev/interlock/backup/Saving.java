package dev.interlock.backup;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** How one kind of source is copied, and how a copy of it is tried. */
interface Saving {

    /** That of {@code plan}. */
    static Saving of(Plan plan, Shelf shelf, Children children, int user) {
        return switch (plan.source()) {
            case Source.Postgres postgres -> new PostgresSaving(postgres, shelf, children, user);
            case Source.Sqlite sqlite -> new SqliteSaving(sqlite, shelf, children, user);
            case Source.Directory directory -> new DirectorySaving(directory, shelf);
        };
    }

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
     */
    record Drawn(Map<String, Manifest.StoredFile> files, Separation separation, Holding holding) {}

    /**
     * Restores what {@code manifest} is of, in {@code own}, a private directory; and tells what is wrong with it.
     *
     * @throws BackupException if it could not be tried, which says nothing about the backup
     */
    List<String> tried(Manifest manifest, Path own, Progress progress) throws IOException;

    /** What is wrong with one that is a copy of another kind of source. */
    static List<String> ofAnotherKind(Manifest manifest) {
        return List.of("it holds something else than the plan's source: `"
                + manifest.holding().type() + "`");
    }
}
