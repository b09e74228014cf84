package dev.interlock.cli;

import dev.interlock.front.postgres.DatabaseUndo;
import dev.interlock.program.ExitCodes;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "quarantine",
        description = {
            "Print SQL that has a database move away the tables that agents drop or empty, so that `interlock undo` brings them back.",
            "Run it there as a superuser, or as a role that may create roles and does not own the tables."
        },
        footer =
                "  interlock upstream quarantine --role agent --owner shop | psql \"host=db.internal user=postgres dbname=shop\"")
final class UpstreamQuarantineCommand extends TerminalCommand implements Callable<Integer> {

    @Option(
            names = "--role",
            paramLabel = "ROLE",
            required = true,
            description = "The role of the upstream that writes.")
    private @Nullable String role;

    @Option(names = "--owner", paramLabel = "ROLE", description = "The role that owns the tables. Default: that one.")
    private @Nullable String owner;

    @Option(
            names = "--look",
            paramLabel = "ROLE",
            description =
                    "The role of the `resolver`, by which the gateway has dropped what has expired. Default: that one.")
    private @Nullable String look;

    @Option(
            names = "--gigabytes",
            paramLabel = "N",
            defaultValue = "10",
            description = "What is kept at most: what would not fit is asked about. Default: ${DEFAULT-VALUE}.")
    private long gigabytes;

    @Override
    public Integer call() throws IOException {
        String own = Objects.requireNonNull(role);
        terminal.line(DatabaseUndo.quarantine(
                Objects.requireNonNullElse(owner, own), own, Objects.requireNonNullElse(look, own), gigabytes << 30));
        return ExitCodes.OK;
    }
}
