package dev.interlock.cli;

import dev.interlock.Config;
import dev.interlock.SealFiles;
import dev.interlock.admin.AdminClient;
import dev.interlock.admin.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Optional;

/** What the seal says that counts now; shown to people, and believed by nobody. */
final class SealInForce {

    private SealInForce() {}

    /** From the daemon, or else as it was put last: that may have expired, or this user may not ask. */
    static Optional<byte[]> said(Config config) throws IOException {
        try {
            return Optional.of(AdminClient.at(config.adminSocket())
                    .within(BackupGateway.ANSWER)
                    .call("seal.show", Json.object())
                    .object("payload")
                    .canonical());
        } catch (AdminRefusedException | IOException e) {
            return Files.isReadable(config.sealFile())
                    ? Optional.of(SealFiles.said(SealFiles.read(config.sealFile())))
                    : Optional.empty();
        }
    }
}
