package dev.interlock.cli;

import dev.interlock.agents.CodingAgent;
import dev.interlock.config.ConfigFile;
import dev.interlock.evidence.Json;
import dev.interlock.home.AgentHome;
import dev.interlock.home.Shim;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "unprotect",
        description =
                "Undo `protect`: the agent's command starts it without Interlock again. Your own settings never changed. Conversations of protected runs stay in the agent's home.",
        footer = "  interlock unprotect claude")
final class UnprotectCommand extends TerminalCommand implements Callable<Integer> {

    @Parameters(paramLabel = "AGENT", description = "claude, codex or gemini.")
    private String name = "";

    @Option(names = "--json", description = "Print one JSON value instead of text.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        CodingAgent agent = ProtectCommand.agent(name);
        ProtectCommand.requirePerson();
        Shim shim = ProtectCommand.shim(agent);
        List<Path> restored = shim.remove(ConfigFile.home());
        AgentHome home = ProtectCommand.home(agent);
        Json.Members answer = Json.object()
                .withTexts("restored", restored.stream().map(Path::toString))
                .with("home", home.exists() ? home.directory().toString() : "");
        return terminal.answer(json, answer, () -> print(agent, restored, home));
    }

    private void print(CodingAgent agent, List<Path> restored, AgentHome home) {
        if (restored.isEmpty()) {
            terminal.line(agent.program() + " is not protected.");
        } else {
            restored.forEach(file -> terminal.line("✓ as before  " + file));
            terminal.line("`" + agent.program()
                    + "` starts without Interlock again; in terminals that are open, after `hash -r`.");
        }
        if (home.exists()) {
            terminal.line(
                    "Its conversations stay in " + home.directory() + "; delete that directory if you need none.");
        }
    }
}
