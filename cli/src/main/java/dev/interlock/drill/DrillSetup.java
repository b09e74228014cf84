package dev.interlock.drill;

import dev.interlock.action.Secret;
import dev.interlock.backup.kept.Encryption;
import dev.interlock.config.Config;
import dev.interlock.credentials.Credentials;
import dev.interlock.vault.SlotContent;
import java.io.IOException;
import java.nio.file.Path;

/** The steps of a person before the gateway starts. */
final class DrillSetup {

    private final DrillProgram program;
    private final DrillGateway.Files files;

    DrillSetup(DrillProgram program, DrillGateway.Files files) {
        this.program = program;
        this.files = files;
    }

    /** Seals the policy directory, with the command for people. */
    void seal() throws IOException, InterruptedException {
        DrillProgram.ProgramOutput ended = DrillProgram.run(
                program.interlock(
                        "seal",
                        "--config=" + files.configuration(),
                        "--key=" + files.keys().resolve("sealer"),
                        files.policy().toString()),
                "");
        if (ended.exit() != 0) {
            throw new IOException("`interlock seal` ended with " + ended.exit() + ": " + ended.out());
        }
    }

    /** Creates the key for encrypting backups, as `interlock backup key` does, but in this process. */
    void makeBackupKey(Path file) throws IOException {
        Encryption.newKey(file);
    }

    /**
     * Puts a credential into the vault, as `interlock vault put` does, but in this process: each start costs a second.
     */
    void store(String name, Secret secret) throws IOException {
        Credentials.put(Config.read(files.configuration()), files.configuration(), name, SlotContent.token(secret));
    }
}
