package dev.interlock.backup;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Brings a backup back to where somebody says. Nothing is ever overwritten, and what comes back gets its name last,
 * when all of it is there and was compared: so whatever ends this leaves everything as it was, and doing it again goes
 * on.
 */
public final class Recovery {

    private final Plan plan;
    private final Shelf shelf;
    private final Path scratch;
    private final int user;
    private final Children children;
    private final SecureRandom random;

    /**
     * Prepares to bring back what {@code plan} saves.
     *
     * @param scratch where a private directory may be made; that user must be able to get there
     * @param user as whom the programs run that read what is restored, if this process is root
     * @param children whose closing ends it
     */
    public Recovery(
            Plan plan,
            Encryption encryption,
            Path scratch,
            Optional<Integer> user,
            Children children,
            Clock clock,
            SecureRandom random)
            throws IOException {
        this.plan = plan;
        this.shelf = Shelf.of(plan, encryption, clock);
        this.scratch = scratch;
        this.user = user.orElse(Sandbox.DEFAULT_USER);
        this.children = children;
        this.random = random;
    }

    /**
     * What was brought back.
     *
     * @param wrong how it differs from what was counted; then it did not get its name
     * @param left what it is called then
     */
    public record Recovered(String id, Amount amount, List<String> wrong, Optional<String> left) {
        public Recovered {
            wrong = List.copyOf(wrong);
        }
    }

    /**
     * Brings {@code id} back into {@code into}.
     *
     * @throws BackupException if it could not be done; then everything is as it was
     */
    public Recovered into(Destination into, String id, Progress progress) throws IOException {
        return Place.reaching(() -> brought(into, id, progress));
    }

    private Recovered brought(Destination into, String id, Progress progress) throws IOException {
        progress.at("looking", 0);
        Manifest manifest = shelf.manifest(id);
        requireWhole(manifest);
        try (ScratchDirectory own = ScratchDirectory.make(scratch, random)) {
            return switch (into) {
                case Destination.Database database -> {
                    if (!(plan.source() instanceof Source.Postgres source)
                            || !(manifest.holding() instanceof PostgresDump dump)) {
                        throw new BackupException("`" + plan.name() + "` is brought back to a path");
                    }
                    yield new PostgresRecovery(source, shelf, user, children)
                            .into(database, manifest, dump, own.path(), progress);
                }
                case Destination.At at -> {
                    Saving saving = Saving.of(plan, shelf, children, user);
                    yield new FileRecovery(shelf, saving, children).to(at.path(), manifest, own.path(), progress);
                }
            };
        }
    }

    private void requireWhole(Manifest manifest) throws IOException {
        for (Map.Entry<String, Manifest.StoredFile> file : manifest.files().entrySet()) {
            long bytes = shelf.size(manifest.id(), file.getKey()).orElse(0);
            if (bytes != file.getValue().bytes()) {
                throw new BackupException("its " + file.getKey() + " has " + bytes + " bytes, and had "
                        + file.getValue().bytes());
            }
        }
    }
}
