package dev.interlock.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a copy of a log is verified with, as the evidence jar takes it. */
final class CopyOptions {

    @Option(
            names = "--vkey",
            description =
                    "The log's key, as name+id+key, or a file that holds it, for each log; `interlock status --all` shows it, but keep it elsewhere.")
    private List<String> keys = List.of();

    @Option(names = "--replica", description = "A second copy of the log to compare with.")
    private @Nullable String replica;

    @Option(names = "--witness", description = "A witness's key, or a file that holds it; may be repeated.")
    private List<String> witnesses = List.of();

    @Option(
            names = "--witnessed",
            description = "A checkpoint that a witness cosigned, from elsewhere; may be repeated.")
    private List<String> witnessed = List.of();

    @Option(names = "--seal", description = "A seal that was in force, or a directory of seals; may be repeated.")
    private List<String> seals = List.of();

    @Option(
            names = "--seal-key",
            description = "A key that may sign seals: an OpenSSH public key, or its file; may be repeated.")
    private List<String> sealKeys = List.of();

    @Option(names = "--seal-quorum", description = "How many of these must have signed each seal; 1 unless given.")
    private @Nullable String quorum;

    boolean areGiven() {
        return arguments("", List.of()).size() > 1;
    }

    /** Returns the command line of the evidence jar, to which more may be added. */
    List<String> arguments(String command, List<String> paths) {
        List<String> arguments = new ArrayList<>(List.of(command));
        arguments.addAll(paths);
        keys.forEach(key -> add(arguments, "--vkey", key));
        witnesses.forEach(witness -> add(arguments, "--witness", witness));
        witnessed.forEach(note -> add(arguments, "--witnessed", note));
        seals.forEach(seal -> add(arguments, "--seal", seal));
        sealKeys.forEach(key -> add(arguments, "--seal-key", key));
        add(arguments, "--replica", replica);
        add(arguments, "--seal-quorum", quorum);
        return arguments;
    }

    static void add(List<String> arguments, String option, @Nullable String value) {
        if (value != null) {
            arguments.addAll(List.of(option, value));
        }
    }
}
