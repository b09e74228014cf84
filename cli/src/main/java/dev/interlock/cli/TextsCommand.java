package dev.interlock.cli;

import dev.interlock.admin.TextCommands;
import dev.interlock.adminapi.TextQuestion;
import dev.interlock.evidence.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "texts",
        description = "Erase the texts of receipts that name somebody, or keep them for a court.",
        footer = {
            "  interlock texts erase --subject alice@example.com --dry-run",
            "  interlock texts hold case-7 --agent jer/cursor --key ~/.ssh/id_ed25519_sk"
        })
final class TextsCommand extends TerminalCommand {

    @Command(
            name = "erase",
            description =
                    "Erase for ever the texts of receipts that name somebody. What happened and what was decided stays, with its proof. Only a person of `owners` can, and no legal hold may cover them.",
            footer = "  interlock texts erase --subject alice@example.com --reason 'request 4711' --key KEY")
    int erase(
            @Option(
                            names = "--subject",
                            required = true,
                            description = "The name as a whole word: an e-mail address, a user's id.")
                    String subject,
            @Option(names = "--dry-run", description = "Say what would be erased, and erase nothing.") boolean isDryRun,
            @Option(names = "--reason", description = "Why, for the record. It should not name the person.") @Nullable String reason,
            @Option(names = "--key", description = "The key to sign with; a hardware key asks for a touch.") @Nullable Path key,
            @Mixin Options own)
            throws Exception {
        if (isDryRun) {
            TextQuestion.ListedTexts found = own.daemon().ask(new TextQuestion.ListTexts(Optional.of(subject)));
            String line = "Receipts that would lose their texts: " + found.receipts() + clear(found.clear())
                    + prevented("Legal holds prevent it", found.held())
                    + prevented("These must end first", found.standing());
            return terminal.answer(own, found, line);
        }
        if (key == null) {
            throw new UsageException("only a signature erases: give `--key` with an SSH key, or `--dry-run`");
        }
        Json.Members order = Json.object()
                .with("act", "erase")
                .with("subject", subject)
                .withOptional("reason", Optional.ofNullable(reason));
        TextQuestion.OrderedTexts done = order(own, key, order);
        String lost = "Receipts that have lost their texts, by " + done.person() + ": " + done.receipts();
        return terminal.answer(own, done, lost + clear(done.clear()));
    }

    private static String prevented(String by, List<String> names) {
        return names.isEmpty() ? "" : " " + by + ": " + String.join(", ", names) + ".";
    }

    private static String clear(long receipts) {
        return "." + (receipts == 0 ? "" : " Receipts that keep it, where it is not sealed: " + receipts + ".");
    }

    private TextQuestion.OrderedTexts order(Options own, Path key, Json.Members order) throws Exception {
        SigningDialogue<TextQuestion.OrderedTexts> dialogue =
                new SigningDialogue<>(TextQuestion.OrderTexts::new, TextCommands.NAMESPACE, "ORDER ABOUT TEXTS");
        return dialogue.by(key, new TextQuestion.PrepareTexts(order), own.daemon(), terminal);
    }

    @Command(
            name = "hold",
            description = "Keep the texts of all receipts that match what is given, of later ones too.",
            footer = "  interlock texts hold case-7 --agent jer/cursor --from 2026-11-01T00:00:00Z --key KEY")
    int hold(
            @Parameters(paramLabel = "NAME") String name,
            @Option(names = "--subject", description = "Receipts that name it, as a whole word.") @Nullable String subject,
            @Option(names = "--agent", description = "Receipts of this agent.") @Nullable String agent,
            @Option(names = "--from", description = "Receipts since this day or time.") @Nullable String from,
            @Option(names = "--to", description = "Receipts before this day or time.") @Nullable String to,
            @Option(names = "--key", required = true, description = "The key to sign with.") Path key,
            @Mixin Options own)
            throws Exception {
        Json.Members order = Json.object()
                .with("act", "hold")
                .with("name", name)
                .withOptional("subject", Optional.ofNullable(subject))
                .withOptional("of", Optional.ofNullable(agent))
                .withOptional("from", Optional.ofNullable(from))
                .withOptional("until", Optional.ofNullable(to));
        TextQuestion.OrderedTexts done = order(own, key, order);
        return terminal.answer(own, done, name + " stands, by " + done.person() + ".");
    }

    @Command(
            name = "lift",
            description = "Lift a legal hold: its receipts can be erased again.",
            footer = "  interlock texts lift case-7 --key KEY")
    int lift(
            @Parameters(paramLabel = "NAME") String name,
            @Option(names = "--key", required = true, description = "The key to sign with.") Path key,
            @Mixin Options own)
            throws Exception {
        TextQuestion.OrderedTexts done =
                order(own, key, Json.object().with("act", "lift").with("name", name));
        return terminal.answer(own, done, name + " is lifted by " + done.person() + ".");
    }

    @Command(name = "list", description = "List the legal holds.", footer = "  interlock texts list --json")
    int list(@Mixin Options own) throws Exception {
        TextQuestion.ListedTexts listed = own.daemon().ask(new TextQuestion.ListTexts(Optional.empty()));
        return terminal.answer(
                own,
                listed,
                List.of("HOLD", "COVERS"),
                listed.holds().stream()
                        .map(hold -> List.of(hold.text("name"), covers(hold)))
                        .toList());
    }

    private static String covers(Json.Members hold) {
        List<String> given = List.of("subject", "of", "from", "until").stream()
                .flatMap(name -> hold.optionalText(name).map(text -> name + " " + text).stream())
                .toList();
        return given.isEmpty() ? "everything" : String.join(", ", given);
    }
}
