package dev.interlock.cli;

import dev.interlock.evidence.Main;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "export",
        description = "Verify a log, and print one line of JSON a receipt, for other programs to read: at least once "
                + "with a cursor. The evidence jar alone can do the same.",
        footer = "  interlock export --format ocsf --cursor siem.cursor --vkey log.vkey /mnt/copy/ledger >> siem.ndjson")
final class ExportCommand implements Callable<Integer> {

    @Parameters(paramLabel = "LEDGER", description = "The directory of a log, or of a copy.")
    private String path = "";

    @Option(names = "--format", required = true, description = "ocsf, cloudevents or in-toto.")
    private String format = "";

    @Option(names = "--cursor", description = "Go on behind what this file says was written, and note what is.")
    private @Nullable String cursor;

    @Mixin
    private CopyOptions copy = new CopyOptions();

    @Override
    public Integer call() {
        List<String> arguments = copy.arguments("export", path);
        CopyOptions.add(arguments, "--format", format);
        CopyOptions.add(arguments, "--cursor", cursor);
        return new Main(System.out, System.err).run(arguments);
    }
}
