package dev.interlock.cli;

import dev.interlock.program.ExitCodes;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "completion",
        description = "Print a completion script for bash, and for zsh with bashcompinit.",
        footer = {
            "  interlock completion > /etc/bash_completion.d/interlock",
            "  interlock completion > ~/.interlock-completion && echo '. ~/.interlock-completion' >> ~/.zshrc"
        })
final class CompletionCommand extends TerminalCommand implements Callable<Integer> {

    @Spec
    private @Nullable CommandSpec command;

    @Override
    public Integer call() {
        if (command == null) {
            throw new IllegalStateException("the command must be called through `interlock`");
        }
        terminal.line(AutoComplete.bash("interlock", command.root().commandLine()));
        return ExitCodes.OK;
    }
}
