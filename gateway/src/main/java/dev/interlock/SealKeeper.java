package dev.interlock;

import dev.interlock.action.Bytes;
import dev.interlock.admin.SealCommands;
import dev.interlock.evidence.Envelope;
import dev.interlock.policy.SealsInForce;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Adopts seals, and keeps each envelope that ever was in force as a file by its id, for the vault and for auditors. */
final class SealKeeper implements SealCommands.Keeper {

    private static final System.Logger LOG = System.getLogger(SealKeeper.class.getName());

    private final SealsInForce seals;
    private final Config config;

    SealKeeper(SealsInForce seals, Config config) {
        this.seals = seals;
        this.config = config;
    }

    /** After a start: what was in force, or what was put in place meanwhile if that is younger. */
    void restore() throws IOException {
        report(seals.restore());
        if (Files.exists(config.sealFile())) {
            Bytes waiting = Bytes.of(Files.readAllBytes(config.sealFile()));
            long before = seals.current().map(seal -> seal.sequence()).orElse(0L);
            SealsInForce.Adoption adoption = seals.adopt(waiting.toArray());
            if (before == 0 || !isRollback(adoption)) {
                report(Optional.of(keep(adoption, waiting)));
            }
        }
    }

    private static boolean isRollback(SealsInForce.Adoption adoption) {
        return adoption instanceof SealsInForce.Adoption.Rejected rejected
                && rejected.why() == SealsInForce.Adoption.Why.ROLLBACK;
    }

    @Override
    public long next() {
        return seals.nextSequence();
    }

    @Override
    public SealCommands.Result adopt(Bytes envelope) {
        return switch (keep(seals.adopt(envelope.toArray()), envelope)) {
            case SealsInForce.Adoption.Adopted adopted ->
                new SealCommands.Result.Adopted(
                        adopted.seal().id(), adopted.seal().sequence());
            case SealsInForce.Adoption.Rejected rejected -> new SealCommands.Result.Rejected(rejected.reason());
        };
    }

    private SealsInForce.Adoption keep(SealsInForce.Adoption adoption, Bytes envelope) {
        if (adoption instanceof SealsInForce.Adoption.Adopted adopted) {
            try {
                Path directory = Files.createDirectories(config.data().resolve("seals"));
                SealFiles.write(directory.resolve(adopted.seal().id() + ".json"), Envelope.read(envelope.toArray()));
            } catch (IOException e) {
                // Without the file the vault stays shut: it fails closed by itself, and says which seal it misses.
                throw new UncheckedIOException(e);
            }
        }
        return adoption;
    }

    private static void report(Optional<SealsInForce.Adoption> adoption) {
        if (adoption.isPresent() && adoption.get() instanceof SealsInForce.Adoption.Rejected rejected) {
            LOG.log(System.Logger.Level.WARNING, rejected.reason());
        }
    }
}
