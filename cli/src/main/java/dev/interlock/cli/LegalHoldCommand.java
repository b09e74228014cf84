package dev.interlock.cli;

import dev.interlock.adminapi.TextQuestion;
import dev.interlock.identity.TextOrders;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "legal-hold",
        description = "Legal holds: receipts whose texts nobody may erase.",
        footer = {
            "  interlock legal-hold set case-7 --agent jer/cursor --from 2026-11-01 --reason 'court of Bern'",
            "  interlock legal-hold lift case-7 --key ~/.ssh/id_ed25519_sk"
        })
final class LegalHoldCommand extends TerminalCommand {

    private static final SigningDialogue<TextQuestion.LiftedHold> LIFTING =
            new SigningDialogue<>(TextQuestion.LiftLegalHold::new, TextOrders.NAMESPACE, "LIFTING OF A LEGAL HOLD");

    @Command(
            name = "set",
            description = "Keep the texts of all receipts that match what is given, of later ones too.",
            footer = "  interlock legal-hold set case-7 --subject alice@example.com")
    int set(
            @Parameters(paramLabel = "NAME") String name,
            @Option(names = "--subject", description = "Receipts that name it, as a whole word.")
                    @Nullable String subject,
            @Option(names = "--agent", description = "Receipts of this agent.") @Nullable String agent,
            @Option(names = "--from", description = "Receipts since then: a time, or a day of UTC.")
                    @Nullable Instant from,
            @Option(names = "--to", description = "Receipts before then.") @Nullable Instant to,
            @Option(names = "--reason", description = "Why, for the record.") @Nullable String reason,
            @Mixin Options own)
            throws Exception {
        return print(
                own,
                own.daemon()
                        .ask(new TextQuestion.SetLegalHold(new TextQuestion.LegalHold(
                                name,
                                Optional.ofNullable(subject),
                                Optional.ofNullable(agent),
                                Optional.ofNullable(from),
                                Optional.ofNullable(to),
                                Optional.ofNullable(reason)))));
    }

    @Command(name = "list", description = "List the legal holds.", footer = "  interlock legal-hold list --json")
    int list(@Mixin Options own) throws Exception {
        return print(own, own.daemon().ask(new TextQuestion.ListLegalHolds()));
    }

    private int print(Options own, TextQuestion.LegalHolds result) {
        return terminal.answer(
                own,
                result,
                List.of("NAME", "COVERS", "REASON"),
                result.holds().stream()
                        .map(hold -> List.of(hold.name(), covers(hold), hold.reason().orElse("")))
                        .toList());
    }

    private static String covers(TextQuestion.LegalHold hold) {
        String given = Stream.of(
                        hold.subject().map(text -> "subject " + text),
                        hold.agent().map(text -> "agent " + text),
                        hold.from().map(at -> "from " + at),
                        hold.until().map(at -> "to " + at))
                .flatMap(Optional::stream)
                .collect(Collectors.joining(", "));
        return given.isEmpty() ? "everything" : given;
    }

    @Command(
            name = "lift",
            description = "Let its receipts be erased again. Only a person of `owners` can.",
            footer = "  interlock legal-hold lift case-7 --key ~/.ssh/id_ed25519_sk")
    int lift(
            @Parameters(paramLabel = "NAME") String name,
            @Option(
                            names = "--key",
                            required = true,
                            description = "The key to sign with; a hardware key asks for a touch.")
                    Path key,
            @Mixin Options own)
            throws Exception {
        TextQuestion.LiftedHold result =
                LIFTING.by(key, new TextQuestion.PrepareHoldLift(name), own.daemon(), terminal);
        return terminal.answer(own, result, name + " is lifted by " + result.person() + ".");
    }
}
