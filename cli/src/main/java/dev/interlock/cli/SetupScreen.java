package dev.interlock.cli;

import dev.interlock.adopt.FoundCredential;
import dev.interlock.agents.CodingAgent;
import dev.interlock.evidence.Json;
import dev.interlock.setup.EnvironmentProposal;
import dev.interlock.setup.SetupStep;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What {@code setup} shows a person before and after it changes something. */
record SetupScreen(Terminal terminal, String person, SetupFindings found, List<String> registries, boolean web) {

    private static final int MAX_OTHERS = 12;

    void plan(List<SetupStep> steps) {
        terminal.line("Agents      " + (found.agents().isEmpty() ? "none found" : agents()));
        found.tokens()
                .forEach(token -> terminal.line("Token       " + token.kind().id() + "  " + token.shown() + "  "
                        + token.seen().getFirst().shown()
                        + (found.moved().contains(token) ? "" : "  (copied; it stays there for you)")));
        found.unasked()
                .forEach(unasked ->
                        terminal.line("Not asked   " + unasked.line() + "; it stays there, because " + unasked.why()));
        found.others().stream()
                .limit(MAX_OTHERS)
                .forEach(one -> terminal.line("Other       " + UnaskedToken.lineOf(one) + "; it stays there"));
        if (found.others().size() > MAX_OTHERS) {
            terminal.line("            and " + (found.others().size() - MAX_OTHERS) + " more: interlock adopt --check");
        }
        found.models()
                .forEach((agent, _) -> terminal.line("Model       " + agent.provider() + "  "
                        + found.credential(agent.provider()).words()));
        found.accounts().forEach(account -> account.lines().forEach(terminal::line));
        found.withoutKey()
                .forEach(agent -> terminal.line("Not yet     " + agent.name()
                        + ": no API key of its model was found; name one with --model-key"
                        + agent.login(found.home())
                                .map(advice -> " (" + advice + ")")
                                .orElse("")));
        terminal.line("Packages    " + (registries.isEmpty() ? "none" : String.join(", ", registries)));
        terminal.line("Web         " + (web ? "public pages, to read" : "none"));
        if (!found.accounts().isEmpty()) {
            terminal.line("Weaker      one token opens all of it; a second one for " + EnvironmentProposal.OPEN
                    + " alone is better (docs/install.md)");
        }
        terminal.line("");
        terminal.line("setup will:");
        steps.forEach(step -> terminal.line("  - " + step.description()));
        terminal.line("`interlock setup --undo` puts back what is there now.");
    }

    private String agents() {
        return found.agents().stream()
                .map(agent -> agent.name() + (agent.confined().isPresent() ? "" : " (cannot run inside yet)"))
                .collect(Collectors.joining(", "));
    }

    void end(ConsoleAccess console) {
        String programs = String.join(", ", found.programs());
        terminal.line("");
        terminal.line("PROTECTED · " + (programs.isEmpty() ? "no agent yet" : programs) + " of " + person + " · "
                + found.accounts().stream()
                        .map(account -> account.summary() + " · ")
                        .collect(Collectors.joining())
                + CellFormat.number(found.moved().size(), "token")
                + " moved to the vault · "
                + (found.unasked().isEmpty()
                        ? ""
                        : CellFormat.number(found.unasked().size(), "token") + " still readable in a file · ")
                + "every other way out closed"
                + console.origin().map(origin -> " · console " + origin).orElse(""));
        terminal.line("");
        terminal.line("Next:");
        terminal.line("  " + console.next());
        found.unasked()
                .forEach(
                        unasked -> terminal.line(
                                "  " + unasked.line() + ": "
                                        + unasked.provider().fullName()
                                        + " was not asked. Once it can be, undo this setup and run it again, or revoke the token there"));
        offer();
        if (!found.moved().isEmpty()) {
            terminal.line("  renew the moved tokens at the provider: they lay in files that others may have read"
                    + (found.renewals().isEmpty() ? "" : "; then"));
            found.renewals().forEach(command -> terminal.line("    " + command));
        }
        if (!SystemdUnits.runs()) {
            terminal.line("  after each restart of this machine: " + GatewayStart.SETUP
                    + " (there is no systemd here to start the gateway)");
        }
        terminal.line("  let another machine see the log, or whoever takes over this one can rewrite it unnoticed:"
                + " `replica` or `witnesses` in gateway.yaml (docs/operators.md)");
        if (!programs.isEmpty()) {
            terminal.line("  in a new terminal of " + person + ": cd PROJECT && "
                    + found.programs().getFirst());
        }
        found.withoutKey()
                .forEach(agent -> terminal.line("  " + agent.name()
                        + " is not protected: the gateway has no key of its model"
                        + agent.login(found.home()).map(advice -> "; " + advice).orElse("") + " (docs/agents.md)"));
    }

    /** Names the commands that put the other credentials behind the gateway. */
    private void offer() {
        Map<String, Long> offers = found.others().stream()
                .collect(Collectors.groupingBy(SetupScreen::offer, TreeMap::new, Collectors.counting()));
        offers.forEach((command, count) ->
                terminal.line("  " + CellFormat.number(count, "credential") + " that stayed in files: " + command));
    }

    private static String offer(FoundCredential one) {
        String kind = one.kind().id();
        return UpstreamLines.providers().stream()
                .filter(provider -> kind.startsWith(provider + "-"))
                .findFirst()
                .map(provider -> "sudo interlock upstream add " + provider)
                .orElse(
                        switch (kind) {
                            case "address-with-password", "pgpass-password" ->
                                "sudo interlock upstream add postgres, if it is one of PostgreSQL (docs/postgres.md)";
                            case "argument-secret" ->
                                "sudo interlock upstream add mcp, if a server of MCP has it (docs/mcp.md)";
                            default -> "sudo interlock adopt moves them to the vault (docs/adopt.md)";
                        });
    }

    Json.Members json() {
        return Json.object()
                .with("person", person)
                .withTexts("agents", found.agents().stream().map(CodingAgent::program))
                .withTexts("protected", found.programs())
                .withTexts("registries", registries)
                .with("web", web)
                .withItems("accounts", found.accounts().stream().map(ProviderAccount::json))
                .withTexts("unasked", found.unasked().stream().map(UnaskedToken::line))
                .withTexts("others", found.others().stream().map(UnaskedToken::lineOf));
    }

    Json.Members json(ConsoleAccess console) {
        return json().withOptional("console", console.origin());
    }
}
