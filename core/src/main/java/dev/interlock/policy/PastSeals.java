package dev.interlock.policy;

import dev.interlock.action.Seal;
import dev.interlock.config.Config;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SealDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The seals that were ever in force, which the daemon keeps by their ids. */
public record PastSeals(Config config) {

    /** The seal {@code id}, verified again by the pinned keys; empty if it is not kept here. */
    public Optional<Seal> find(String id) throws IOException {
        Path file = config.adoptedSeals().resolve(id + ".json");
        if (!id.matches("[0-9a-f]{64}") || Files.notExists(file)) { // one that may not be read is not missing
            return Optional.empty();
        }
        try {
            return Optional.of(DraftSeals.past(
                    id,
                    SealFiles.read(file)
                            .verify(
                                    SealDocument.PAYLOAD_TYPE,
                                    SealDocument.NAMESPACE,
                                    config.sealSigners().publicKeys(),
                                    config.sealSigners().quorum())
                            .payload()));
        } catch (BadSignatureException e) {
            throw new MalformedException("the keys pinned now did not sign the seal `" + id + "`", e);
        }
    }
}
