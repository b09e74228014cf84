package dev.interlock.cli;

import dev.interlock.action.VisibleText;
import dev.interlock.adminapi.AgentQuestion;
import dev.interlock.program.ExitCodes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "inventory",
        description = "The inventory: what one call could destroy, and what backs it up.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"  interlock inventory check", "  interlock inventory tokens"})
final class InventoryCommand extends TerminalCommand {

    private static final Map<String, String> WORDS = Map.of(
            "shared", "a protected environment shares it with another environment: give each its own",
            "backups-die-with-it", "every backup is stored on it: take one elsewhere",
            "no-backup", "no backup is known: take one elsewhere and verify it (docs/backups.md)",
            "never-restored", "the backup that would remain has never been restored: verify it",
            "shared-credential",
                    "a credential that can delete it can delete every backup: keep one that it cannot delete",
            "credential-not-known",
                    "it is not known which credentials can delete the backup that would remain: seal `deletable-by`",
            "unplaced", "it is not mapped to an environment, so it counts as protected: map it in the seal",
            "not-listed",
                    "the provider no longer has it, or the resolver credential cannot see it: it counts as protected until its environment mapping, backups and plans are removed from the seal");

    @Command(
            name = "check",
            description =
                    "List everything that one call could destroy, what shares it, and which backups would be lost with it. Exit code 1 if something needs repair, 69 if something could not be checked.",
            footer = "  interlock inventory check --json")
    int check(@Mixin Options options) throws Exception {
        AgentQuestion.CheckedInventory found = options.daemon().ask(new AgentQuestion.CheckInventory());
        terminal.answer(options, found, () -> print(found));
        if (found.exposures().stream().anyMatch(exposure -> !exposure.concerns().isEmpty())) {
            return ExitCodes.NO;
        }
        return found.notExamined().isEmpty() ? ExitCodes.OK : ExitCodes.UNAVAILABLE;
    }

    private void print(AgentQuestion.CheckedInventory found) {
        found.exposures().forEach(this::print);
        found.stored().stream()
                .collect(Collectors.groupingBy(
                        AgentQuestion.StoredData::upstream, LinkedHashMap::new, Collectors.toList()))
                .values()
                .forEach(this::printStored);
        if (!found.expendable().isEmpty()) {
            terminal.prose(
                    "· the seal says that nothing there needs a backup: " + String.join(", ", found.expendable()), 2);
        }
        found.patterns().forEach(pattern -> terminal.line("· " + pattern.covers()));
        if (!found.nothingDestroys().isEmpty()) {
            terminal.prose(
                    "· no call destroys anything at " + String.join(", ", found.nothingDestroys())
                            + ", according to their catalogs, so there is nothing to check",
                    2);
        }
        found.bySealAlone().forEach(why -> terminal.prose("· only what the seal says was checked: " + why, 2));
        found.notExamined().forEach(why -> terminal.problem("not checked: " + why));
        if (found.exposures().isEmpty()
                && found.patterns().isEmpty()
                && found.bySealAlone().isEmpty()
                && found.notExamined().isEmpty()) {
            terminal.line("✓ No resource was found at the seal's upstreams that one call could destroy.");
        }
    }

    private void printStored(List<AgentQuestion.StoredData> ofOne) {
        ofOne.stream()
                .limit(DatabaseUpstream.MOST_SHOWN)
                .forEach(data -> terminal.line("· " + VisibleText.line(data.resource()) + "  "
                        + (data.environments().isEmpty() ? "unplaced" : "in " + String.join(", ", data.environments()))
                        + " · " + DatabaseUpstream.size(data.bytes())
                        + data.rows()
                                .map(rows -> ", about " + CellFormat.number(rows, "row"))
                                .orElse("")));
        if (ofOne.size() > DatabaseUpstream.MOST_SHOWN) {
            terminal.line("  and " + CellFormat.number(ofOne.size() - DatabaseUpstream.MOST_SHOWN, "more table"));
        }
    }

    @Command(
            name = "tokens",
            description =
                    "List the tokens that providers accept, as read with the vault's reading credential: unknown, broad, unused and old ones, those that need action first. Never shows a value. Railway and GitHub only. Exit code 1 if a token needs action, 69 if some could not be read.",
            footer = "  interlock inventory tokens railway")
    int tokens(
            @Parameters(paramLabel = "UPSTREAM", arity = "0..1", description = "Only this one's.") @Nullable String upstream,
            @Mixin Options options)
            throws Exception {
        AgentQuestion.Tokens found = options.daemon().ask(new AgentQuestion.ListTokens(Optional.ofNullable(upstream)));
        terminal.answer(options, found, () -> {
            found.tokens().forEach(this::printToken);
            found.notRead().forEach(why -> terminal.problem("not read: " + why));
        });
        if (found.tokens().stream().anyMatch(AgentQuestion.Token::red)) {
            return ExitCodes.NO;
        }
        return found.notRead().isEmpty() ? ExitCodes.OK : ExitCodes.UNAVAILABLE;
    }

    private void printToken(AgentQuestion.Token token) {
        terminal.line((token.red() ? "✗ " : "✓ ") + token.upstream() + "  " + token.kind() + " `" + token.name() + "`  "
                + String.join(", ", token.marks()));
        terminal.line("    opens " + token.reach() + " · id " + token.id()
                + token.used().map(at -> " · last used " + at).orElse("")
                + token.created().map(at -> " · made " + at).orElse("")
                + token.expires().map(at -> " · ends " + at).orElse(""));
    }

    private void print(AgentQuestion.Exposure exposure) {
        List<String> concerns = exposure.concerns();
        terminal.line((concerns.isEmpty() ? "✓ " : "✗ ") + exposure.resource() + "  in "
                + String.join(", ", exposure.environments()) + " · with it: "
                + count(exposure.diesWithIt()) + " · left: " + count(exposure.survives()));
        if (!exposure.diesWithIt().isEmpty()) {
            terminal.row("    goes with it: " + String.join(", ", exposure.diesWithIt()), 6);
        }
        if (!exposure.apartBySealAlone().isEmpty()) {
            terminal.row(
                    "    apart only according to the seal: " + String.join(", ", exposure.apartBySealAlone())
                            + ": its location could not be checked",
                    6);
        }
        List<String> nothingLeft = exposure.nothingLeftOf();
        if (!nothingLeft.isEmpty() && !exposure.survives().isEmpty()) {
            terminal.row("    no backup would remain of the data saved by " + String.join(", ", nothingLeft), 6);
        }
        boolean isPlanned = !exposure.plans().isEmpty();
        concerns.forEach(concern -> terminal.line("    " + concern + ": "
                + (concern.equals("no-backup") && !isPlanned ? "no plan saves it, and " : "")
                + WORDS.getOrDefault(concern, "")));
    }

    private static String count(List<String> backups) {
        return CellFormat.number(backups.size(), "backup");
    }
}
