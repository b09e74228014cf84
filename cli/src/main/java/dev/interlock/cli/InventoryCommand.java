package dev.interlock.cli;

import dev.interlock.evidence.Json;
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
        description = "What there is to lose.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example:", "  interlock inventory check", "  interlock inventory tokens"})
final class InventoryCommand {

    /** The meaning of each concern, and what to do. */
    private static final Map<String, String> WORDS = Map.of(
            "shared", "a protected environment shares it with another one: give each its own",
            "backups-die-with-it", "every backup lies on it: take one elsewhere",
            "no-backup", "no backup is known: take one elsewhere, and restore it (docs/backups.md)",
            "never-restored", "nobody has ever restored the backup that would remain: try it",
            "shared-credential", "a credential that can delete it can delete every backup: keep one out of its reach",
            "credential-not-known",
                    "nobody says which credentials can delete the backup that would remain: seal `deletable-by`",
            "unplaced", "nobody says which environment it is in, so it counts as protected: seal it",
            "not-listed",
                    "it is not at the provider any more, or its resolver credential does not see it: it counts as"
                            + " protected until its place, backups and plans are taken out of the seal");

    private final Terminal terminal;

    InventoryCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Command(
            name = "check",
            mixinStandardHelpOptions = true,
            description =
                    "Before an incident does: everything that one call could destroy, what shares it, and which backups"
                            + " would go with it. Exit code 1 if there is something to mend, 69 if not all could be looked at.",
            footer = {"", "Example:", "  interlock inventory check --json"})
    int check(@Mixin Options options) throws Exception {
        Json.Members found = options.daemon().call("inventory.check", Json.object());
        if (options.json()) {
            terminal.json(found);
        } else {
            found.objects("exposures").forEach(this::print);
            if (!found.texts("expendable").isEmpty()) {
                terminal.prose(
                        "· nothing there has to come back, says the seal: "
                                + String.join(", ", found.texts("expendable")),
                        2);
            }
            found.objects("patterns").forEach(pattern -> terminal.line("· " + pattern.text("covers")));
            if (!found.texts("nothing_destroys").isEmpty()) {
                terminal.prose(
                        "· no call destroys anything at " + String.join(", ", found.texts("nothing_destroys"))
                                + ", as their catalogs have it: there is nothing to look at",
                        2);
            }
            found.texts("by_seal_alone")
                    .forEach(why -> terminal.prose("· only what the seal says was looked at: " + why, 2));
            found.texts("not_examined").forEach(why -> terminal.problem("not looked at: " + why));
            if (found.objects("exposures").isEmpty()
                    && found.objects("patterns").isEmpty()
                    && found.texts("by_seal_alone").isEmpty()
                    && found.texts("not_examined").isEmpty()) {
                terminal.line(
                        "✓ The upstreams of the seal hold nothing that one call could destroy, as far as it was found.");
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
            description =
                    "The tokens that providers honour, asked with the vault's reading credential: unknown, broad, unused and"
                            + " old ones, those to do something about first. Never shows a value. Railway and GitHub so far."
                            + " Exit code 1 if there is one to do something about, 69 if not all could be read.",
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
                    "    apart by the seal's word alone: " + String.join(", ", exposure.texts("apart_by_seal_alone"))
                            + ": nobody could see where it lies",
                    6);
        }
        List<String> nothingLeft = exposure.texts("nothing_left_of");
        if (!nothingLeft.isEmpty() && !exposure.texts("survives").isEmpty()) {
            terminal.row("    nothing would be left of what is saved by " + String.join(", ", nothingLeft), 6);
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
