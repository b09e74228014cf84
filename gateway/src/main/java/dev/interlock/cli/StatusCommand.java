package dev.interlock.cli;

import dev.interlock.admin.AdminClient;
import dev.interlock.evidence.Json;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "What protects what, right now: the seal in force, separation, the ledger and its replica.",
        footer = {"", "Example:", "  interlock status --json"})
final class StatusCommand implements Callable<Integer> {

    @Mixin
    private Options options;

    private final Terminal terminal;

    StatusCommand(Terminal terminal) {
        this.terminal = terminal;
        this.options = new Options();
    }

    @Override
    public Integer call() throws Exception {
        Json.Members status = AdminClient.at(options.config().adminSocket()).call("status", Json.object());
        if (options.json()) {
            terminal.json(status);
        } else {
            status.members().forEach(this::print);
        }
        return status.flag("enforcing") ? Exit.OK : Exit.NO;
    }

    private void print(String name, Json value) {
        terminal.line(String.format("%-16s %s", name, Rendering.plain(value)));
    }
}
