package dev.interlock.cli;

import dev.interlock.action.KeptTexts;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.evidence.BreakGlassReview;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.Statement;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "break-glass",
        mixinStandardHelpOptions = true,
        description = {
            "In an emergency: release one hold by the signature of one person.",
            "Works only if the seal allows it and with a hardware key; everybody is notified."
        },
        footer = {
            "",
            "Example:",
            "  interlock break-glass sign H-01JD… --reason 'site down, ann unreachable' --key ~/.ssh/id_ed25519_sk",
            "  interlock break-glass list",
            "  interlock break-glass review H-01JD… --finding 'it was needed' --key ~/.ssh/id_ed25519_sk"
        })
final class BreakGlassCommand {

    private static final SigningDialogue REVIEWING = new SigningDialogue(
            "break-glass.review.prepare", "break-glass.review", BreakGlassReview.NAMESPACE, "REVIEW OF A BREAK-GLASS");

    private final Terminal terminal;

    BreakGlassCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Command(
            name = "sign",
            mixinStandardHelpOptions = true,
            description = "Show the held request and the approvals that policy requires, and "
                    + "release it by your signature alone.",
            footer = {
                "",
                "Example:",
                "  interlock break-glass sign H-01JD… --reason 'site down' --key ~/.ssh/id_ed25519_sk"
            })
    int sign(
            @Parameters(paramLabel = "HOLD") String hold,
            @Option(
                            names = "--reason",
                            required = true,
                            description = "The reason, in one sentence; it is signed and sent to everybody.")
                    String reason,
            @Option(names = "--key", required = true, description = "A hardware key; it asks for a touch.") Path key,
            @Option(
                            names = "--type-name",
                            description =
                                    "The text that the page asks you to type exactly; " + "asked for at a terminal.")
                    @Nullable String typedName,
            @Mixin Options own)
            throws Exception {
        AdminClient daemon = own.daemon();
        Json.Members about = Json.object().with("hold", hold).with("reason", reason);
        Json.Members offered = daemon.call("break-glass.prepare", about);
        byte[] statement = offered.text("statement").getBytes(StandardCharsets.UTF_8);
        terminal.aside(words(hold, reason, statement, KeptTexts.beside(offered)));
        Optional<String> typed = Optional.ofNullable(typedName).or(() -> terminal.ask("Type the name exactly"));
        String signature = SshKeygen.sign(key, Statement.NAMESPACE, statement);
        Json.Members result = daemon.call(
                "break-glass.sign", about.with("signature", signature).withOptional("typed_name", typed));
        return terminal.answer(own, result, result.text("result"));
    }

    /** Computes the words from the very bytes that are signed, and does not trust the daemon's text. */
    private static String words(String hold, String reason, byte[] statement, KeptTexts texts) throws IOException {
        Statement read = Statement.read(statement);
        boolean asked = read.hold().equals(hold)
                && read.breakGlass()
                        .filter(broken -> broken.reason().equals(reason))
                        .isPresent();
        if (!asked) {
            throw new IOException("the daemon showed another hold than the one you named; " + "nothing was signed");
        }
        return dev.interlock.confirm.StatementText.of(read, texts);
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "List the break-glass releases and who has reviewed them.",
            footer = {"", "Example:", "  interlock break-glass list --json"})
    int list(@Mixin Options own) throws Exception {
        Json.Members result = own.daemon().call("break-glass.list", Json.object());
        return terminal.answer(own, result, () -> {
            terminal.table(
                    List.of("HOLD", "AT", "BY", "WHY", "REVIEWED"),
                    result.objects("broken").stream()
                            .map(one -> List.of(
                                    one.text("hold"),
                                    one.text("at"),
                                    one.text("person"),
                                    one.text("reason"),
                                    one.optionalText("reviewed_by")
                                            .map(by -> "by " + by + ": " + one.text("finding"))
                                            .orElse("NO")))
                            .toList());
            terminal.line(
                    result.get("left").isPresent()
                            ? "Any of `" + result.text("by")
                                    + "` may use it. Uses left until one of these is reviewed: " + result.whole("left")
                                    + "."
                            : "The seal in force does not allow break-glass.");
        });
    }

    @Command(
            name = "review",
            mixinStandardHelpOptions = true,
            description = "Record that you reviewed a break-glass release. Only another person of " + "`owners` can.",
            footer = {
                "",
                "Example:",
                "  interlock break-glass review H-01JD… --finding 'it was needed' --key ~/.ssh/id_ed25519_sk"
            })
    int review(
            @Parameters(paramLabel = "HOLD") String hold,
            @Option(names = "--finding", required = true, description = "Your finding, in one sentence.")
                    String finding,
            @Option(
                            names = "--key",
                            required = true,
                            description = "The key to sign with; a hardware key asks for a touch.")
                    Path key,
            @Mixin Options own)
            throws Exception {
        AdminClient daemon = own.daemon();
        Json.Members about = Json.object().with("hold", hold).with("finding", finding);
        Json.Members result = REVIEWING.by(key, about, daemon, terminal);
        return terminal.answer(own, result, hold + " is reviewed by " + result.text("person") + ".");
    }
}
