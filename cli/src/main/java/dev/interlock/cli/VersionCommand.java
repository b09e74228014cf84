package dev.interlock.cli;

import dev.interlock.evidence.Json;
import dev.interlock.program.ProgramVersion;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "version",
        description = "Print the version, the commit it was built from, and the Java runtime.",
        footer = "  interlock version --json")
final class VersionCommand extends TerminalCommand implements Callable<Integer> {

    static final String VERSION = ProgramVersion.VERSION;
    static final String COMMIT = ProgramVersion.COMMIT;

    @Option(names = "--json", description = "Print one JSON value instead of text.")
    private boolean json;

    @Override
    public Integer call() {
        Optional<String> commit =
                Optional.ofNullable(System.getProperty(COMMIT)).filter(text -> !text.isEmpty());
        String java = System.getProperty("java.runtime.version", "unknown");
        return terminal.answer(
                json,
                Json.object()
                        .with("version", VERSION)
                        .withOptional("commit", commit)
                        .with("java", java),
                () -> terminal.line("interlock " + VERSION + "\ncommit    "
                        + commit.orElse("unknown: it was built outside of git") + "\njava      " + java));
    }
}
