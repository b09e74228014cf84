package dev.interlock.cli;

import dev.interlock.adminapi.TextQuestion;
import dev.interlock.identity.TextOrders;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "erase",
        description =
                "Erase the texts of receipts that name somebody. What happened and what was decided stays, with its proof. Only a person of `owners` can. A legal hold prevents it.",
        footer = {
            "  interlock erase --subject alice@example.com --dry-run",
            "  interlock erase --subject alice@example.com --reason 'request 4711' --key ~/.ssh/id_ed25519_sk"
        })
final class EraseCommand extends TerminalCommand implements Callable<Integer> {

    private static final SigningDialogue<TextQuestion.ErasedTexts> ERASING =
            new SigningDialogue<>(TextQuestion.EraseTexts::new, TextOrders.NAMESPACE, "ERASURE FOR EVER");

    @Option(
            names = "--subject",
            required = true,
            description = "What names the person, as a whole word: an e-mail address, a user's id.")
    String subject = "";

    @Option(names = "--dry-run", description = "Say what would be erased, and erase nothing.")
    boolean isDryRun;

    @Option(names = "--reason", description = "Why, for the record. It should not name the person.")
    @Nullable String reason;

    @Option(names = "--key", description = "The key to sign with; a hardware key asks for a touch.")
    @Nullable Path key;

    @Mixin
    Options own = new Options();

    @Override
    public Integer call() throws Exception {
        if (isDryRun) {
            TextQuestion.FoundTexts found = own.daemon().ask(new TextQuestion.FindTexts(subject));
            return terminal.answer(
                    own,
                    found,
                    count(found.receipts()) + " would lose their texts. " + clear(found.clear())
                            + (found.held().isEmpty()
                                    ? ""
                                    : "Legal holds prevent it: " + String.join(", ", found.held()) + "."));
        }
        if (key == null) {
            throw new UsageException("only a signature erases: give `--key` with an SSH key, or `--dry-run`");
        }
        TextQuestion.ErasedTexts erased = ERASING.by(
                key, new TextQuestion.PrepareErasure(subject, Optional.ofNullable(reason)), own.daemon(), terminal);
        return terminal.answer(
                own,
                erased,
                count(erased.receipts()) + " have lost their texts, by " + erased.person() + ". "
                        + clear(erased.clear()) + elsewhere(erased.elsewhere())
                        + "Ask those who have files with the text keys, backups of them, proofs or reports to delete these.");
    }

    private static String count(long receipts) {
        return receipts == 1 ? "1 receipt" : receipts + " receipts";
    }

    private static String clear(long receipts) {
        return receipts == 0
                ? ""
                : "In the clear, and there for ever: " + count(receipts)
                        + ", from before `retention` of gateway.yaml, or with the name of an agent or a person. ";
    }

    private static String elsewhere(List<String> files) {
        return files.isEmpty() ? "" : "Still in: " + String.join(", ", files) + ". ";
    }
}
