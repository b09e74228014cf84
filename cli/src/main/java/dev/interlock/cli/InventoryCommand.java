package dev.interlock.cli;

import dev.interlock.evidence.Json;
import dev.interlock.program.ExitCodes;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "inventory",
        mixinStandardHelpOptions = true,
        description = "The inventory: what one call could destroy, and what backs it up.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example:", "  interlock inventory check", "  interlock inventory tokens"})
final class InventoryCommand {

    /** The meaning of each concern, and what to do. */
    private static final Map<String, String> WORDS = Map.of(
            "shared", "a protected environment shares it with another environment: give each " + "its own",
            "backups-die-with-it", "every backup is stored on it: take one elsewhere",
            "no-backup", "no backup is known: take one elsewhere and verify it (docs/backups.md)",
            "never-restored", "the backup that would remain has never been restored: verify it",
            "shared-credential",
                    "a credential that can delete it can delete every backup: " + "keep one that it cannot delete",
            "credential-not-known",
                    "it is not known which credentials can delete the backup that would "
                            + "remain: seal `deletable-by`",
            "unplaced", "it is not mapped to an environment, so it counts as protected: map it " + "in the seal",
            "not-listed",
                    "the provider no longer has it, or the resolver credential cannot see it: "
                            + "it counts as protected until its environment mapping, backups "
                            + "and plans are removed from the seal");

    private final Terminal terminal;

    InventoryCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Command(
            name = "check",
            mixinStandardHelpOptions = true,
            description = "List everything that one call could destroy, what shares it, and which "
                    + "backups would be lost with it. Exit code 1 if something needs "
                    + "repair, 69 if something could not be checked.",
            footer = {"", "Example:", "  interlock inventory check --json"})
    int check(@Mixin Options options) throws Exception {
        Json.Members found = options.daemon().call("inventory.check", Json.object());
        if (options.json()) {
            terminal.json(found);
        } else {
            found.objects("exposures").forEach(this::print);
            if (!found.texts("expendable").isEmpty()) {
                terminal.prose(
                        "· the seal says that nothing there needs a backup: "
                                + String.join(", ", found.texts("expendable")),
                        2);
            }
            found.objects("patterns").forEach(pattern -> terminal.line("· " + pattern.text("covers")));
            if (!found.texts("nothing_destroys").isEmpty()) {
                terminal.prose(
                        "· no call destroys anything at " + String.join(", ", found.texts("nothing_destroys"))
                                + ", according to their catalogs, so there is nothing to check",
                        2);
            }
            found.texts("by_seal_alone")
                    .forEach(why -> terminal.prose("· only what the seal says was checked: " + why, 2));
            found.texts("not_examined").forEach(why -> terminal.problem("not checked: " + why));
            if (found.objects("exposures").isEmpty()
                    && found.objects("patterns").isEmpty()
                    && found.texts("by_seal_alone").isEmpty()
                    && found.texts("not_examined").isEmpty()) {
                terminal.line("✓ No resource was found at the seal's upstreams that one call could " + "destroy.");
            }
        }
        boolean concern = found.objects("exposures").stream()
                .anyMatch(exposure -> !exposure.texts("concerns").isEmpty());
        if (concern) {
            return ExitCodes.NO;
        }
        return found.texts("not_examined").isEmpty() ? ExitCodes.OK : ExitCodes.UNAVAILABLE;
    }

    @Command(
            name = "tokens",
            mixinStandardHelpOptions = true,
            description = "List the tokens that providers accept, as read with the vault's reading "
                    + "credential: unknown, broad, unused and old ones, those that "
                    + "need action first. Never shows a value. Railway and GitHub "
                    + "only. Exit code 1 if a token needs action, 69 if some could not "
                    + "be read.",
            footer = {"", "Example:", "  interlock inventory tokens railway"})
    int tokens(
            @Parameters(paramLabel = "UPSTREAM", arity = "0..1", description = "Only this one's.") @Nullable String upstream,
            @Mixin Options options)
            throws Exception {
        Json.Members asked = Json.object().withOptional("upstream", Optional.ofNullable(upstream));
        Json.Members found = options.daemon().call("inventory.tokens", asked);
        if (options.json()) {
            terminal.json(found);
        } else {
            found.objects("tokens").forEach(this::printToken);
            found.texts("not_read").forEach(why -> terminal.problem("not read: " + why));
        }
        if (found.objects("tokens").stream().anyMatch(token -> token.flag("red"))) {
            return ExitCodes.NO;
        }
        return found.texts("not_read").isEmpty() ? ExitCodes.OK : ExitCodes.UNAVAILABLE;
    }

    private void printToken(Json.Members token) {
        terminal.line((token.flag("red") ? "✗ " : "✓ ") + token.text("upstream") + "  " + token.text("kind") + " `"
                + token.text("name") + "`  " + String.join(", ", token.texts("marks")));
        terminal.line("    opens " + token.text("reach") + " · id " + token.text("id")
                + token.optionalText("used").map(at -> " · last used " + at).orElse("")
                + token.optionalText("created").map(at -> " · made " + at).orElse("")
                + token.optionalText("expires").map(at -> " · ends " + at).orElse(""));
    }

    private void print(Json.Members exposure) {
        List<String> concerns = exposure.texts("concerns");
        terminal.line((concerns.isEmpty() ? "✓ " : "✗ ") + exposure.text("resource") + "  in "
                + String.join(", ", exposure.texts("environments")) + " · with it: "
                + count(exposure.texts("dies_with_it")) + " · left: " + count(exposure.texts("survives")));
        if (!exposure.texts("dies_with_it").isEmpty()) {
            terminal.row("    goes with it: " + String.join(", ", exposure.texts("dies_with_it")), 6);
        }
        if (!exposure.texts("apart_by_seal_alone").isEmpty()) {
            terminal.row(
                    "    apart only according to the seal: " + String.join(", ", exposure.texts("apart_by_seal_alone"))
                            + ": its location could not be checked",
                    6);
        }
        List<String> nothingLeft = exposure.texts("nothing_left_of");
        if (!nothingLeft.isEmpty() && !exposure.texts("survives").isEmpty()) {
            terminal.row("    no backup would remain of the data saved by " + String.join(", ", nothingLeft), 6);
        }
        boolean isPlanned = !exposure.texts("plans").isEmpty();
        concerns.forEach(concern -> terminal.line("    " + concern + ": "
                + (concern.equals("no-backup") && !isPlanned ? "no plan saves it, and " : "")
                + WORDS.getOrDefault(concern, "")));
    }

    private static String count(List<String> backups) {
        return CellFormat.number(backups.size(), "backup");
    }
}
