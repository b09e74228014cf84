package dev.interlock.drill;

import dev.interlock.Config;
import dev.interlock.Credentials;
import dev.interlock.action.Secret;
import dev.interlock.cli.InterlockCommand;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * What a person does before the gateway starts, by the same commands, in this process: each start of one costs a
 * second.
 */
final class Setup {

    private final Gateway.Files files;

    Setup(Gateway.Files files) {
        this.files = files;
    }

    /** Seals the policy directory. */
    void seal() throws IOException {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        int exit = InterlockCommand.run(
                out,
                out,
                "seal",
                "--config=" + files.configuration(),
                "--key=" + files.keys().resolve("sealer"),
                files.policy().toString());
        if (exit != 0) {
            throw new IOException("`interlock seal` ended with " + exit + ": "
                    + said.toString(StandardCharsets.UTF_8).strip());
        }
    }

    /** Puts a credential into the vault. */
    void store(String name, Secret secret) throws IOException {
        Credentials.put(Config.read(files.configuration()), files.configuration(), name, secret);
    }
}
