package dev.interlock.drill;

import dev.interlock.action.Secret;
import java.io.IOException;
import java.util.List;

/** What a person does before the gateway starts, with the commands that a person has. */
final class Setup {

    private final Program program;
    private final Gateway.Files files;

    Setup(Program program, Gateway.Files files) {
        this.program = program;
        this.files = files;
    }

    /** Seals the policy directory. */
    void seal() throws IOException, InterruptedException {
        String key = files.keys().resolve("sealer").toString();
        require(
                program.interlock(
                        "seal",
                        "--config=" + files.configuration(),
                        "--key=" + key,
                        files.policy().toString()),
                "");
    }

    /** Puts a credential into the vault, through standard input. */
    void store(String name, Secret secret) throws IOException, InterruptedException {
        require(
                program.interlock("vault", "put", "--config=" + files.configuration(), name),
                secret.use(value -> value));
    }

    private static void require(List<String> command, String input) throws IOException, InterruptedException {
        Program.Ended ended = Program.run(command, input);
        if (ended.exit() != 0) {
            String arguments =
                    String.join(" ", command.subList(command.indexOf("dev.interlock.Main") + 1, command.size()));
            throw new IOException("`interlock " + arguments + "` ended with " + ended.exit() + ": " + ended.out());
        }
    }
}
