package dev.interlock.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command `init` of tests: one person, and Railway at an address where nobody answers. */
final class TestingInit {

    private TestingInit() {}

    /** Returns the command that writes {@code directory}/made, with the public key {@code key} of ann. */
    static String[] command(Path directory, String key, String... more) {
        List<String> command = new ArrayList<>(List.of(
                "init",
                "--dir=" + directory.resolve("made"),
                "--organisation=pocketos",
                "--person=ann",
                "--key=" + key,
                "--upstream=railway",
                "--address=https://localhost:1",
                "--data=" + directory.resolve("data"),
                "--run=" + directory));
        command.addAll(List.of(more));
        return command.toArray(String[]::new);
    }
}
