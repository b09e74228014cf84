package dev.interlock.cli;

import dev.interlock.adminapi.EvidenceQuestion;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.config.Config;
import dev.interlock.daemon.Interlock;
import dev.interlock.policy.SealFiles;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.Optional;

/** Reads the text of the seal in force. It is only shown to people; nothing trusts it. */
final class SealInForce {

    private SealInForce() {}

    /** A user without permission does not ask the daemon, because the attempt would raise an alert. */
    static Optional<byte[]> said(Config config) throws IOException {
        if (!isAdmin(config)) {
            return asPut(config);
        }
        try {
            return Optional.of(AdminClient.at(config.adminSocket())
                    .within(BackupGateway.ANSWER)
                    .ask(new EvidenceQuestion.ShowSeal(Optional.empty()))
                    .payload()
                    .canonical());
        } catch (AdminRefusedException | IOException e) {
            return asPut(config);
        }
    }

    private static Optional<byte[]> asPut(Config config) throws IOException {
        return Files.isReadable(config.sealFile())
                ? Optional.of(SealFiles.read(config.sealFile()).unverified())
                : Optional.empty();
    }

    private static boolean isAdmin(Config config) throws IOException {
        UserPrincipal user = Interlock.me();
        for (String name : config.admins()) {
            try {
                if (user.equals(
                        FileSystems.getDefault().getUserPrincipalLookupService().lookupPrincipalByName(name))) {
                    return true;
                }
            } catch (UserPrincipalNotFoundException e) {
                // There is no such user here.
            }
        }
        return false;
    }
}
