package dev.interlock.housekeeping;

import dev.interlock.action.Seal;
import dev.interlock.front.postgres.DatabaseUndo;
import dev.interlock.front.postgres.QuarantineExpiry;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Supplier;

/** Has databases drop what was in quarantine for as long as was said, once that is recorded. Threading: one thread. */
public record QuarantineExpiries(
        Supplier<Optional<Seal>> seals, Databases databases, QuarantineExpiry.Recording records) implements Runnable {

    private static final System.Logger LOG = System.getLogger(QuarantineExpiries.class.getName());

    /** Reaches a database by the credential for the gateway's own questions. */
    @FunctionalInterface
    public interface Databases {
        QuarantineExpiry expiry(Seal seal, Seal.Upstream upstream) throws IOException;
    }

    @Override
    public void run() {
        seals.get().ifPresent(seal -> seal.upstreams().values().stream()
                .filter(upstream -> DatabaseUndo.isFor(upstream) && upstream.resolver().isPresent())
                .forEach(upstream -> expire(seal, upstream)));
    }

    private void expire(Seal seal, Seal.Upstream upstream) {
        try {
            databases
                    .expiry(seal, upstream)
                    .run(told -> records.record(
                            told.with("command", "quarantine.expire").with("upstream", upstream.name())));
        } catch (IOException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "the quarantine of `" + upstream.name() + "` is looked at again later: " + e.getMessage());
        }
    }
}
